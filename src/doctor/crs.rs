//! The CRS that a layer carries, held against its coordinates.
//!
//! A coordinate can prove that a CRS is wrong: a zone number before the easting, degrees where metres are due, a northing in the place of the
//! easting. It can never prove a datum, and which central meridian is meant where no zone number stands; that is asked, not guessed.

use super::{Problem, words};
use crate::model::{Code, Coord};
use crate::read::crs::{CrsSurvey, Datum, GaussKruger, width_of, zone_prefix};
use crate::read::survey::{LayerSurvey, ShapeSurvey};
use crate::say;

/// Longitudes and latitudes of the mainland, generously: west, south, east, north.
const CHINA_DEG: [f64; 4] = [73.0, 3.0, 136.0, 54.0];
/// Northings of the mainland in metres.
const NORTHINGS_M: std::ops::RangeInclusive<f64> = 1.8e6..=6.0e6;
/// Degrees that a layer may lie outside the area of its CRS: sheets at the edge of a zone.
const MARGIN_DEG: f64 = 4.0;
/// Words in names of files and columns of web maps that are in GCJ-02 or BD-09.
const WEB_MAP_WORDS: [&str; 10] = ["gcj", "bd09", "bd-09", "amap", "gaode", "baidu", "tencent", "adcode", "citycode", "高德"];

/// A CRS to state in the job.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// `EPSG:4528`.
    pub definition: String,
    /// Why, and what is not certain about it.
    pub note: String,
    /// Whether nothing is left to ask.
    pub is_sure: bool,
}

type Verdict = (Vec<Problem>, Option<Suggestion>);

/// What is wrong with the CRS of a layer, and what to state instead.
pub(super) fn examine(file: &str, layer: &LayerSurvey) -> Verdict {
    let place = layer.shapes.as_ref().and_then(|s| Some((s, s.centre()?)));
    let (mut problems, suggestion) = match (&layer.crs, place) {
        (None, Some((shapes, centre))) => missing(shapes, centre),
        (None, None) => (Vec::new(), None),
        (Some(crs), place) => {
            let (mut problems, suggestion) = place.map(|(s, c)| contradictions(crs, s, c)).unwrap_or_default();
            problems.extend(itself(crs));
            (problems, suggestion)
        }
    };
    problems.extend(place.and_then(|(shapes, centre)| offset(file, layer, shapes, centre)));
    (problems, suggestion)
}

fn missing(shapes: &ShapeSurvey, centre: Coord) -> Verdict {
    let problem = |evidence: String, fix: String| vec![Problem::new(Code::CrsMissing, say!("the layer carries no crs"), evidence, fix)];
    let here = said(centre);
    if let Some(zone) = zone_prefix(centre.x) {
        let codes: Vec<String> = Datum::ALL
            .into_iter()
            .filter_map(|d| Some(say!("EPSG:{code} if {datum}", code = with_zone(d, zone)?, datum = words::datum(d))))
            .collect();
        let fix = say!("ask for the datum and state `crs`: {codes}", codes = codes.join(", "));
        let note = say!("eastings carry zone {zone}; the datum is not known, CGCS2000 is assumed: {codes}", zone, codes = codes.join(", "));
        let suggestion =
            with_zone(Datum::Cgcs2000, zone).map(|code| Suggestion { definition: format!("EPSG:{code}"), note, is_sure: false });
        return (problem(say!("middle at {here}: eastings carry zone {zone}", here, zone), fix), suggestion);
    }
    if zone_prefix(centre.y).is_some() || (is_degrees(shapes) && is_swapped_degrees(centre)) {
        let fix = say!("ask for the crs, and export the layer again with east (longitude) first");
        return (problem(say!("middle at {here}: north seems to stand before east", here), fix), None);
    }
    if is_degrees(shapes) {
        let (code, place) = if is_in_china(centre) { (4490, say!("in China")) } else { (4326, say!("outside China")) };
        let note = say!("degrees {place}; the datum is not known", place);
        let fix = say!(
            "ask for the datum and state `crs`, as in `crs = \"EPSG:{code}\"`; data of web maps may be in GCJ-02, which has no code",
            code
        );
        let suggestion = Suggestion { definition: format!("EPSG:{code}"), note: note.clone(), is_sure: false };
        return (problem(say!("middle at {here}: {note}", here, note), fix), Some(suggestion));
    }
    let fix = say!("get the `.prj` file or the central meridian and datum from who made it; they cannot be told from coordinates");
    (problem(say!("middle at {here}: lengths without a zone number", here), fix), None)
}

/// What coordinates say against the CRS.
fn contradictions(crs: &CrsSurvey, shapes: &ShapeSurvey, centre: Coord) -> Verdict {
    let here = said(centre);
    let problem = |evidence: String, fix: String| {
        let message = say!("the coordinates cannot be in `{crs}`", crs = crs.name);
        vec![Problem::new(Code::CrsContradicted, message, evidence, fix)]
    };
    let instead = |datum: Datum, zone: u32, has_prefix: bool, note: &str| {
        let code = GaussKruger { datum, width_deg: width_of(zone), zone, has_prefix }.epsg()?;
        Some(Suggestion { definition: format!("EPSG:{code}"), note: note.to_owned(), is_sure: false })
    };
    let datum = crs.gauss_kruger.map_or(Datum::Cgcs2000, |g| g.datum);
    let stated = crs.transverse_mercator.and_then(|p| zone_prefix(p.false_easting_m));
    let (east, north) = (zone_prefix(centre.x), zone_prefix(centre.y));
    let swap = || say!("export the layer again with east (longitude) first");
    match () {
        () if crs.is_geographic && is_degrees(shapes) => (Vec::new(), None),
        () if crs.is_geographic && is_swapped_degrees(centre) => {
            (problem(say!("middle at {here}: latitude stands before longitude", here), swap()), None)
        }
        () if crs.is_geographic => {
            let suggestion = east
                .and_then(|zone| instead(datum, zone, true, &say!("eastings carry the zone; the datum is that of the layer, or assumed")));
            let fix = suggestion.as_ref().map_or(say!("ask for the projected crs and state it with `crs`"), |s| {
                say!("ask, and state `crs = \"{definition}\"`", definition = s.definition)
            });
            (problem(say!("middle at {here}: lengths, where degrees are stated", here), fix), suggestion)
        }
        () if crs.is_projected && is_degrees(shapes) => {
            let fix = say!("ask for the datum and state a geographic crs, as in `crs = \"EPSG:4490\"`");
            let suggestion = Suggestion { definition: "EPSG:4490".into(), note: say!("degrees; the datum is not known"), is_sure: false };
            (problem(say!("middle at {here}: degrees, where lengths are stated", here), fix), Some(suggestion))
        }
        () if is_swapped_metres(crs, centre) || (stated.is_some() && east.is_none() && north == stated) => {
            (problem(say!("middle at {here}: north stands before east", here), swap()), None)
        }
        () if crs.transverse_mercator.is_some() && east != stated => {
            zones(east, stated, &here, &problem, &|zone, prefix, note| instead(datum, zone, prefix, note))
        }
        () => outside(crs, &here, &problem),
    }
}

/// Eastings with another zone number than the CRS gives them.
fn zones(
    east: Option<u32>,
    stated: Option<u32>,
    here: &str,
    problem: &dyn Fn(String, String) -> Vec<Problem>,
    instead: &dyn Fn(u32, bool, &str) -> Option<Suggestion>,
) -> Verdict {
    let (evidence, suggestion) = match (east, stated) {
        (Some(own), Some(stated)) => (
            say!("middle at {here}: eastings carry zone {own}, the crs has zone {stated}", here, own, stated),
            instead(own, true, &say!("the zone is that of the eastings")),
        ),
        (Some(own), None) => (
            say!("middle at {here}: eastings carry zone {own}, the crs has none", here, own),
            instead(own, true, &say!("the zone is that of the eastings")),
        ),
        (None, stated) => {
            let zone = stated.unwrap_or_default();
            (
                say!("middle at {here}: eastings carry no zone number, the crs has zone {zone}", here, zone),
                instead(zone, false, &say!("the zone of the crs, without its number")),
            )
        }
    };
    let fix = suggestion.as_ref().map_or_else(
        || say!("ask for the right crs and state it with `crs`"),
        |s| say!("ask, and state `crs = \"{definition}\"`", definition = s.definition),
    );
    (problem(evidence, fix), suggestion)
}

/// Places that lie far from where the CRS may be used.
fn outside(crs: &CrsSurvey, here: &str, problem: &dyn Fn(String, String) -> Vec<Problem>) -> Verdict {
    let fix = || say!("find out in which crs the layer was made, and state it with `crs`");
    let Some(place) = crs.centre_deg else {
        return (problem(say!("middle at {here}: no place on Earth in this crs", here), fix()), None);
    };
    let Some([west, south, east, north]) = crs.area_of_use_deg else { return (Vec::new(), None) };
    let is_inside =
        (west - MARGIN_DEG..=east + MARGIN_DEG).contains(&place.x) && (south - MARGIN_DEG..=north + MARGIN_DEG).contains(&place.y);
    if is_inside || west > east {
        return (Vec::new(), None);
    }
    let evidence = say!(
        "middle at {here}, which is {x}° east, {y}° north; the crs is for {west}° to {east}° east, {south}° to {north}° north",
        here,
        x = format_args!("{:.1}", place.x),
        y = format_args!("{:.1}", place.y),
        west = format_args!("{west:.0}"),
        east = format_args!("{east:.0}"),
        south = format_args!("{south:.0}"),
        north = format_args!("{north:.0}")
    );
    (problem(evidence, fix()), None)
}

/// What is odd about the CRS whatever the coordinates.
fn itself(crs: &CrsSurvey) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !crs.misnamed.is_empty() {
        let message = say!("`{crs}` is not what it is called", crs = crs.name);
        let fix = say!("leave it as it is: the parameters count; do not replace it by the EPSG code of that name");
        problems.push(Problem::new(Code::CrsMisnamed, message, crs.misnamed.join("; "), fix));
    }
    if crs.is_web_mercator {
        let fix = say!("nothing, if `crs.compute` is another; better get the data in the crs that it was surveyed in");
        problems.push(Problem::new(Code::CrsWebMercator, say!("the layer is in web mercator"), format!("`{}`", crs.name), fix));
    }
    if crs.is_projected && crs.authority.is_none() && crs.gauss_kruger.is_none() && !crs.is_web_mercator {
        let evidence = match crs.transverse_mercator {
            Some(p) => say!(
                "transverse mercator, central meridian {meridian}, false easting {easting}, false northing {northing}, latitude of origin {latitude}, scale {scale}",
                meridian = p.central_meridian_deg,
                easting = p.false_easting_m,
                northing = p.false_northing_m,
                latitude = p.latitude_of_origin_deg,
                scale = p.scale
            ),
            None => format!("`{}`", crs.name),
        };
        let fix = say!("check that it is meant so; layers of other offices are projected into it by its parameters");
        problems.push(Problem::new(Code::CrsCustom, say!("the crs has no EPSG code"), evidence, fix));
    }
    problems
}

/// The suspicion that a web map was the source.
fn offset(file: &str, layer: &LayerSurvey, shapes: &ShapeSurvey, centre: Coord) -> Option<Problem> {
    let is_plain = layer.crs.as_ref().is_none_or(|c| c.is_geographic && c.name.contains("WGS 84"));
    if !is_plain || !is_degrees(shapes) || !is_in_china(centre) {
        return None;
    }
    let names = std::iter::once(file).chain(layer.columns.iter().map(|c| c.name.as_str())).map(str::to_lowercase);
    let words: Vec<&str> = names.flat_map(|n| WEB_MAP_WORDS.into_iter().filter(move |w| n.contains(w))).collect();
    let ordinates = || shapes.coords.iter().flat_map(|c| [c.x, c.y]);
    // Coarser coordinates were drawn by hand.
    let is_fine = ordinates().any(|v| !is_multiple(v, 1e4));
    let is_rounded = shapes.coords.len() > 8 && is_fine && ordinates().all(|v| is_multiple(v, 1e6));
    let mut evidence = Vec::new();
    if let Some(word) = words.first() {
        evidence.push(say!("`{word}` in a name", word));
    }
    if is_rounded {
        evidence.push(say!("all coordinates have at most six decimals, as web maps give them"));
    }
    if evidence.is_empty() {
        return None;
    }
    let message = say!("the coordinates may be in GCJ-02 or BD-09, some hundred metres from their place");
    let fix = say!("this is a suspicion: compare a corner with a surveyed point or an official map before the layer is used");
    Some(Problem::new(Code::CrsOffsetSuspected, message, evidence.join(&say!("; ")), fix))
}

fn with_zone(datum: Datum, zone: u32) -> Option<u32> {
    GaussKruger { datum, width_deg: width_of(zone), zone, has_prefix: true }.epsg()
}

fn is_degrees(shapes: &ShapeSurvey) -> bool {
    let (min, max) = (shapes.extent.min, shapes.extent.max);
    min.x >= -180.5 && max.x <= 180.5 && min.y >= -90.5 && max.y <= 90.5
}

/// Latitude before longitude, where the longitude proves it or China is meant.
fn is_swapped_degrees(centre: Coord) -> bool {
    let [west, south, east, north] = CHINA_DEG;
    let proves = centre.y.abs() > 90.0 && centre.y.abs() <= 180.0 && centre.x.abs() <= 90.0;
    proves || ((south..=north).contains(&centre.x) && (west..=east).contains(&centre.y))
}

/// Northing before easting in a system of China without a zone number.
fn is_swapped_metres(crs: &CrsSurvey, centre: Coord) -> bool {
    crs.gauss_kruger.is_some_and(|g| !g.has_prefix) && NORTHINGS_M.contains(&centre.x) && (0.0..1e6).contains(&centre.y)
}

fn is_in_china(centre: Coord) -> bool {
    let [west, south, east, north] = CHINA_DEG;
    (west..=east).contains(&centre.x) && (south..=north).contains(&centre.y)
}

/// Whether an ordinate is a whole number of parts, `per_degree` of them in a degree.
fn is_multiple(ordinate: f64, per_degree: f64) -> bool {
    (ordinate * per_degree - (ordinate * per_degree).round()).abs() < 1e-4
}

fn said(place: Coord) -> String {
    format!("({:.6}, {:.6})", place.x, place.y)
}
