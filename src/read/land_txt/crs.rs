//! The CRS that the head of a 国土TXT names, held against the points.
//!
//! The codes follow from datum, width of the zones, zone and whether eastings carry its number: EPSG lists each family in the order of the zones.

use super::parse::{Fault, Plot, Sheet};
use crate::model::Coord;
use crate::read::crs::{Datum, GaussKruger, zone_prefix};
use crate::say;

/// The CRS of the head; none where it does not name one completely.
///
/// # Errors
/// East stands before north, the unit is not the metre, or the zone in the eastings is another than that of the head.
pub(super) fn of(head: &[(String, String)], plots: &[Plot]) -> Result<Option<String>, Fault> {
    let points = || plots.iter().flat_map(|p| p.rings.iter().flat_map(|(_, ring)| ring).map(move |c| (p.line, *c)));
    if let Some((line, point)) = points().find(|(_, c)| zone_prefix(c.y).is_some() && zone_prefix(c.x).is_none()) {
        let value = point.y;
        let detail = say!("the third column ({value}) carries a zone number, so it is the easting; north must stand before east", value);
        return Err(Fault::Line { line, detail });
    }
    let unit = Sheet::value(head, "计量单位");
    if !matches!(unit, "" | "米" | "m") {
        return Err(Fault::Line { line: 1, detail: say!("the unit of the points is `{unit}`, not the metre (米)", unit) });
    }
    let prefix = common_prefix(points())?;
    let stated = Sheet::value(head, "带号").trim_end_matches('带').parse::<u32>().ok();
    if let (Some(prefix), Some(stated), Some((line, _))) = (prefix, stated, points().next())
        && prefix != stated
    {
        let detail = say!("the eastings are in zone {prefix}, the head says zone {stated}", prefix, stated);
        return Err(Fault::Line { line, detail });
    }
    let width_deg = match Sheet::value(head, "几度分带").trim_end_matches(['度', '带']) {
        "3" => 3,
        "6" => 6,
        _ => return Ok(None),
    };
    let family = Datum::named(Sheet::value(head, "坐标系")).zip(prefix.or(stated));
    let system = family.map(|(datum, zone)| GaussKruger { datum, width_deg, zone, has_prefix: prefix.is_some() });
    Ok(system.and_then(GaussKruger::epsg).map(|code| format!("EPSG:{code}")))
}

/// The zone number that all eastings carry; none where none does.
fn common_prefix(points: impl Iterator<Item = (usize, Coord)>) -> Result<Option<u32>, Fault> {
    let mut common: Option<Option<u32>> = None;
    for (line, point) in points {
        let own = zone_prefix(point.x);
        match common {
            None => common = Some(own),
            Some(first) if first != own => {
                let said = |zone: Option<u32>| zone.map_or_else(|| say!("no zone number"), |zone| say!("zone {zone}", zone));
                return Err(Fault::Line {
                    line,
                    detail: say!("eastings with {own} beside eastings with {first}", own = said(own), first = said(first)),
                });
            }
            Some(_) => {}
        }
    }
    Ok(common.flatten())
}
