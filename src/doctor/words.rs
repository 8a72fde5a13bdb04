//! What geometries, storage, encodings and datums are called in the language of the run. Machines get the codes that these words stand for.

use crate::read::crs::Datum;
use crate::read::survey::{ShapeSurvey, Stored};
use crate::say;

/// How cells are stored.
#[must_use]
pub fn stored(stored: &Stored) -> String {
    match stored {
        Stored::Text => say!("text"),
        Stored::Whole => say!("whole numbers"),
        Stored::Real => say!("real numbers"),
        Stored::Date => say!("dates"),
        Stored::Bool => say!("yes or no"),
        Stored::Other(what) => what.clone(),
    }
}

/// How an encoding was decided, by what machines get of it.
#[must_use]
pub fn decided(how: &str) -> String {
    match how {
        "as the job says" => say!("as the job says"),
        "by its byte order mark" => say!("by its byte order mark"),
        "as the .cpg file says" => say!("as the .cpg file says"),
        "as the language byte says" => say!("as the language byte says"),
        "nothing beyond ASCII" => say!("nothing beyond ASCII"),
        "valid as such" => say!("valid as such"),
        "by its letters" => say!("by its letters"),
        other => other.to_owned(),
    }
}

/// How many rows have which kind of geometry.
#[must_use]
pub fn geometries(shapes: &ShapeSurvey, number: &dyn Fn(u64) -> String) -> String {
    let kinds = shapes.kinds.iter().map(|(kind, rows)| say!("{rows} {kind}", rows = number(*rows), kind = geometry(kind)));
    kinds.collect::<Vec<_>>().join(&say!(", "))
}

fn geometry(kind: &str) -> String {
    match kind {
        "polygon" => say!("polygon"),
        "multipolygon" => say!("multipolygon"),
        "point" => say!("point"),
        "multipoint" => say!("multipoint"),
        "linestring" => say!("linestring"),
        "multilinestring" => say!("multilinestring"),
        "geometrycollection" => say!("geometrycollection"),
        "missing" => say!("missing"),
        "empty" => say!("empty"),
        "damaged" => say!("damaged"),
        other => other.to_owned(),
    }
}

pub(super) fn datum(datum: Datum) -> String {
    match datum {
        Datum::Cgcs2000 => say!("CGCS2000"),
        Datum::Xian1980 => say!("Xian 1980"),
        Datum::Beijing1954 => say!("Beijing 1954"),
    }
}
