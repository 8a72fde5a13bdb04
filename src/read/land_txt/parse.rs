//! The lines of a 国土TXT.

use unicode_normalization::UnicodeNormalization;

use crate::model::Coord;
use crate::read::cells::{self, Cell};
use crate::say;

/// Fewest and most attributes of a plot, without the `@`.
const ATTRIBUTES: std::ops::RangeInclusive<usize> = 5..=13;

/// What the file says.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Keys and values of `[属性描述]`.
    pub head: Vec<(String, String)>,
    /// The plots in their order.
    pub plots: Vec<Plot>,
}

/// One plot.
#[derive(Debug, Default)]
pub struct Plot {
    /// The line of its attributes.
    pub line: usize,
    /// Its attributes, without the `@`.
    pub attributes: Vec<String>,
    /// Its rings as (easting, northing), each with the number that the lines give it.
    pub rings: Vec<(u32, Vec<Coord>)>,
}

/// Why the file cannot be used.
#[derive(Debug, PartialEq)]
pub enum Fault {
    /// A line that cannot be understood.
    Line {
        /// Its number.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// Points are missing.
    Cut {
        /// The line of the plot's attributes.
        line: usize,
        /// How many there are and should be.
        detail: String,
    },
}

impl Sheet {
    /// The value of a key of the head.
    #[must_use]
    pub fn value<'a>(head: &'a [(String, String)], key: &str) -> &'a str {
        head.iter().find(|(own, _)| own == key).map_or("", |(_, value)| value.as_str())
    }
}

#[derive(PartialEq)]
enum Section {
    Other,
    Head,
    Plots,
}

/// Understands the text of a file.
///
/// # Errors
/// The first line that cannot be understood, or a plot with fewer or more points than it states.
pub fn parse(text: &str) -> Result<Sheet, Fault> {
    let mut sheet = Sheet::default();
    let mut section = Section::Other;
    for (number, line) in (1..).zip(text.lines()) {
        let folded: String = line.nfkc().collect();
        let plain = folded.trim().trim_start_matches('\u{feff}').trim();
        match plain {
            "" => {}
            "[属性描述]" => section = Section::Head,
            "[地块坐标]" => section = Section::Plots,
            _ if plain.starts_with('[') && plain.ends_with(']') => section = Section::Other,
            _ if section == Section::Head => sheet.head.extend(plain.split_once('=').map(|(k, v)| (k.trim().into(), v.trim().into()))),
            _ if section == Section::Plots => sheet.take(number, plain)?,
            _ => {}
        }
    }
    sheet.plots.iter().try_for_each(Plot::is_whole)?;
    match sheet.plots.is_empty() {
        true => Err(Fault::Cut { line: text.lines().count().max(1), detail: say!("no plot stands under `[地块坐标]`") }),
        false => Ok(sheet),
    }
}

impl Sheet {
    /// Takes a line of the section of plots.
    fn take(&mut self, line: usize, text: &str) -> Result<(), Fault> {
        let wrong = |detail: String| Err(Fault::Line { line, detail });
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        if let Some((&"@", attributes)) = cells.split_last() {
            if !ATTRIBUTES.contains(&attributes.len()) {
                return wrong(say!(
                    "{found} attributes before `@`, where a plot has {least} to {most}",
                    found = attributes.len(),
                    least = ATTRIBUTES.start(),
                    most = ATTRIBUTES.end()
                ));
            }
            let attributes = attributes.iter().map(|&a| a.to_owned()).collect();
            self.plots.push(Plot { line, attributes, rings: Vec::new() });
            return Ok(());
        }
        let &[_, ring, north, east, ..] = cells.as_slice() else {
            return wrong(say!(
                "`{text}` is neither the attributes of a plot, which end in `@`, nor a point (name, ring, north, east)",
                text
            ));
        };
        let Some(plot) = self.plots.last_mut() else {
            return wrong(say!("a point stands before the attributes of any plot"));
        };
        let Ok(ring) = ring.parse::<u32>() else {
            return wrong(say!("ring `{ring}` is not a whole number", ring));
        };
        match (north.parse::<f64>(), east.parse::<f64>()) {
            (Ok(north), Ok(east)) if north.is_finite() && east.is_finite() => plot.push(ring, Coord::new(east, north)),
            _ => return wrong(say!("`{north}, {east}` are not two ordinates", north, east)),
        }
        Ok(())
    }
}

impl Plot {
    fn push(&mut self, ring: u32, point: Coord) {
        match self.rings.iter_mut().find(|(number, _)| *number == ring) {
            Some((_, points)) => points.push(point),
            None => self.rings.push((ring, vec![point])),
        }
    }

    /// Whether it has the points that it states. Some places count the point that closes a ring, others do not.
    fn is_whole(&self) -> Result<(), Fault> {
        let stated = match cells::number(self.attributes.first().map_or("", String::as_str)) {
            Cell::Value(stated) => stated.value,
            Cell::Blank => return Ok(()),
            Cell::Unreadable => {
                return Err(Fault::Line { line: self.line, detail: say!("the first attribute is not the number of points") });
            }
        };
        let found: usize = self.rings.iter().map(|(_, ring)| ring.len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a plot has fewer than 2^53 points")]
        let (off, slack) = ((found as f64 - stated).abs(), self.rings.len() as f64);
        match off <= slack {
            true => Ok(()),
            false => Err(Fault::Cut { line: self.line, detail: say!("{found} points follow, the plot states {stated}", found, stated) }),
        }
    }
}
