use super::*;
use crate::model::{Coord, GeometryBuilder, Unit, wkb};
use crate::read::crs::survey_definition;
use crate::read::survey::{ColumnSurvey, EncodingSurvey, ShapeSurvey, Stored};

/// A square of 100 units by 100.
fn square(x: f64, y: f64, size: f64) -> Vec<u8> {
    let mut builder = GeometryBuilder::default();
    builder.push_polygon(&[[(0.0, 0.0), (size, 0.0), (size, size), (0.0, size)].map(|(dx, dy)| Coord::new(x + dx, y + dy)).to_vec()]);
    wkb::encode(builder.finish().shape(0), Coord::default())
}

fn shapes(places: &[(f64, f64)], size: f64) -> ShapeSurvey {
    let mut shapes = ShapeSurvey::default();
    places.iter().for_each(|(x, y)| shapes.push(Some(&square(*x, *y, size))));
    shapes
}

fn column(name: &str, stored: Stored, cells: &[&str]) -> ColumnSurvey {
    let cells = cells.iter().map(|c| Some((*c).to_owned()).filter(|c| !c.is_empty())).collect();
    ColumnSurvey { stored, ..ColumnSurvey::of_text(name.to_owned(), cells) }
}

fn layer(shapes: Option<ShapeSurvey>, crs: Option<&str>, columns: Vec<ColumnSurvey>) -> LayerSurvey {
    let rows = shapes.as_ref().map_or(columns.first().map_or(0, |c| c.cells.len()), |s| s.areas.len());
    let crs = crs.and_then(|definition| survey_definition(definition, shapes.as_ref()));
    LayerSurvey { rows: rows as u64, is_counted: true, sampled: rows, shapes, crs, columns, ..LayerSurvey::default() }
}

fn diagnosis(file: &str, layer: LayerSurvey) -> LayerDiagnosis {
    diagnose(Survey { file: file.into(), driver: "test".into(), layers: vec![layer], more_layers: 0 }).layers.remove(0)
}

fn codes(layer: &LayerDiagnosis) -> Vec<&'static str> {
    layer.problems.iter().map(|p| p.code.as_str()).collect()
}

fn said<'a>(layer: &'a LayerDiagnosis, code: &str) -> &'a Problem {
    layer.problems.iter().find(|p| p.code.as_str() == code).unwrap_or_else(|| panic!("no {code} in {:?}", layer.problems))
}

#[test]
fn coordinates_are_held_against_the_crs() {
    let (lon_lat, lat_lon) = ((121.4, 31.2), (31.2, 121.4));
    let (plain, prefixed) = ((512_000.0, 3_456_000.0), (40_512_000.0, 3_456_000.0));
    let swapped = |(x, y): (f64, f64)| (y, x);
    for (crs, place, expected, stated) in [
        (Some("EPSG:4528"), prefixed, None, None),
        (Some("EPSG:4549"), plain, None, None),
        (Some("EPSG:4490"), lon_lat, None, None),
        (Some("EPSG:32651"), (351_000.0, 3_456_000.0), None, None),
        (Some("EPSG:4528"), plain, Some("crs.contradicted"), Some("EPSG:4549")),
        (Some("EPSG:4549"), prefixed, Some("crs.contradicted"), Some("EPSG:4528")),
        (Some("EPSG:4527"), prefixed, Some("crs.contradicted"), Some("EPSG:4528")),
        (Some("EPSG:2363"), prefixed, Some("crs.contradicted"), Some("EPSG:2364")),
        (Some("EPSG:4498"), (21_500_000.0, 3_456_000.0), Some("crs.contradicted"), Some("EPSG:4499")),
        (Some("EPSG:4490"), prefixed, Some("crs.contradicted"), Some("EPSG:4528")),
        (Some("EPSG:4490"), plain, Some("crs.contradicted"), None),
        (Some("EPSG:4490"), lat_lon, Some("crs.contradicted"), None),
        (Some("EPSG:4528"), lon_lat, Some("crs.contradicted"), Some("EPSG:4490")),
        (Some("EPSG:4528"), swapped(prefixed), Some("crs.contradicted"), None),
        (Some("EPSG:4549"), swapped(plain), Some("crs.contradicted"), None),
        (Some("EPSG:3826"), (250_000.0, 5_770_000.0), Some("crs.contradicted"), None),
        (None, prefixed, Some("crs.missing"), Some("EPSG:4528")),
        (None, (20_500_000.0, 3_456_000.0), Some("crs.missing"), Some("EPSG:4498")),
        (None, plain, Some("crs.missing"), None),
        (None, lon_lat, Some("crs.missing"), Some("EPSG:4490")),
        (None, (-71.1, 42.3), Some("crs.missing"), Some("EPSG:4326")),
        (None, swapped(prefixed), Some("crs.missing"), None),
        (Some("EPSG:3857"), (13_500_000.0, 3_660_000.0), Some("crs.web_mercator"), None),
    ] {
        let size = if place.0.abs() < 200.0 { 0.001 } else { 100.0 };
        let found = diagnosis("a.shp", layer(Some(shapes(&[place], size)), crs, Vec::new()));
        let problem = found.problems.iter().map(|p| p.code.as_str()).find(|c| c.starts_with("crs."));
        assert_eq!(problem, expected, "{crs:?} {place:?}: {:?}", found.problems);
        assert_eq!(found.crs.as_ref().map(|s| s.definition.as_str()), stated, "{crs:?} {place:?}");
        assert!(found.crs.is_none_or(|s| !s.is_sure && !s.note.is_empty()));
    }
}

#[test]
fn web_maps_are_a_suspicion() {
    let places = [(121.412_345, 31.212_346), (121.412_346, 31.212_347), (121.412_347, 31.212_348)];
    let rounded = layer(Some(shapes(&places, 0.000_5)), Some("EPSG:4326"), Vec::new());
    let found = diagnosis("districts.geojson", rounded.clone());
    assert!(said(&found, "crs.offset_suspected").fix.contains("suspicion"));
    let surveyed = layer(Some(shapes(&places, 0.000_512_345_678)), Some("EPSG:4326"), Vec::new());
    assert!(!codes(&diagnosis("districts.geojson", surveyed.clone())).contains(&"crs.offset_suspected"));
    let named = LayerSurvey { columns: vec![column("adcode", Stored::Text, &["310114"])], ..surveyed };
    assert!(said(&diagnosis("districts.geojson", named), "crs.offset_suspected").evidence.contains("adcode"));
    let official = layer(Some(shapes(&places, 0.000_5)), Some("EPSG:4490"), Vec::new());
    assert!(!codes(&diagnosis("districts.geojson", official)).contains(&"crs.offset_suspected"));
}

#[test]
fn geometry_proves_the_unit_of_an_area() {
    let places: Vec<(f64, f64)> = (0..5).map(|i| (40_512_000.0 + 200.0 * f64::from(i), 3_456_000.0)).collect();
    let ids = || {
        column(
            "ZDDM",
            Stored::Text,
            &["310114001001GB00001", "310114001001GB00002", "310114001001GB00003", "310114001001GB00004", "310114001001GB00005"],
        )
    };
    for (cells, unit, is_problem) in [
        (["10000"; 5], Unit::M2, false),
        (["10040", "9990", "10000", "10000", "200"], Unit::M2, false),
        (["15"; 5], Unit::Mu, true),
        (["1.0"; 5], Unit::Hectare, true),
        (["107639"; 5], Unit::Ft2, true),
    ] {
        let area = column("ZDMJ", Stored::Real, &cells);
        let found = diagnosis("宗地.shp", layer(Some(shapes(&places, 100.0)), Some("EPSG:4528"), vec![ids(), area]));
        let own = found.columns.iter().find(|c| c.field.name == "registered_area_m2").unwrap();
        let guess = own.guess.clone().unwrap();
        assert_eq!((guess.unit, guess.is_proved), (unit, true), "{cells:?}");
        assert_eq!(codes(&found).contains(&"unit.suspected"), is_problem, "{cells:?}");
    }
    let unknown = column("DKMJ", Stored::Real, &["1"; 5]);
    let found = diagnosis("宗地.shp", layer(Some(shapes(&places, 100.0)), Some("EPSG:4528"), vec![ids(), unknown]));
    assert!(
        found.entries[0].toml().contains("registered_area_m2 = { column = \"DKMJ\", unit = \"hectare\" }"),
        "{}",
        found.entries[0].toml()
    );
}

fn enterprises(tax: &[&str], heading: &str) -> LayerDiagnosis {
    let code = ["91350100M000100Y43", "91350211M0000XUF46", "91350203M0001FUE2P", "9135"];
    let columns = vec![
        column("统一社会信用代码", Stored::Text, &code),
        column("宗地代码", Stored::Text, &["3.10114E+18", "310114001001GB00002", "310114001001GB00003", "310114001001GB00003"]),
        column("年度", Stored::Text, &["2023", "2024", "2024", "2024"]),
        column(heading, Stored::Text, tax),
    ];
    diagnosis("企业.csv", layer(None, None, columns))
}

#[test]
fn money_is_guessed_by_its_size() {
    let found = enterprises(&["1200000", "3400000", "560000", ""], "税收");
    assert_eq!(said(&found, "unit.suspected").message, "the values may be in 元; they would be read in 万元");
    assert!(found.entries[0].toml().contains("tax_wan = { column = \"税收\", unit = \"yuan\" }"));
    assert!(found.entries[0].unsure.iter().any(|u| u.contains("guessed from the size")));
    for (cells, heading) in [(["120", "340", "56", ""], "税收"), (["1200000", "3400000", "560000", ""], "税收（元）")] {
        assert!(!codes(&enterprises(&cells, heading)).contains(&"unit.suspected"), "{heading}");
    }
}

#[test]
fn numbers_as_text_are_told_apart() {
    let found = enterprises(&["１２３", "1,234", "5万元", "约3"], "税收");
    let text = said(&found, "number.as_text");
    assert_eq!(
        text.evidence,
        "full-width digits in 1 cells, as `１２３`; thousands commas in 1 cells, as `1,234`; units in 1 cells, as `5万元`"
    );
    let wrong = said(&found, "number.unreadable");
    assert_eq!((wrong.message.as_str(), wrong.evidence.as_str()), ("1 of 4 cells cannot be read as numbers", "first `约3` in row 4"));
}

#[test]
fn identifiers_are_checked() {
    let found = enterprises(&["1", "2", "3", "4"], "税收");
    let check = said(&found, "id.check_digit");
    assert_eq!(check.message, "2 credit codes have another check character than follows from the rest");
    assert!(check.evidence.contains("`91350211M0000XUF46` in row 2, expected `R`"), "{}", check.evidence);
    assert_eq!(said(&found, "id.digits_lost").column.as_deref(), Some("宗地代码"));
    let malformed: Vec<&str> = found.problems.iter().filter(|p| p.code == Code::IdMalformed).map(|p| p.evidence.as_str()).collect();
    assert_eq!(malformed, ["first `9135` (4 characters) in row 4", "first `3.10114E+18` (11 characters) in row 1"]);
    let real = vec![column("ZDDM", Stored::Real, &["310114001001000000", "310114001001000001"])];
    let places = shapes(&[(40_512_000.0, 3_456_000.0), (40_512_200.0, 3_456_000.0)], 100.0);
    let found = diagnosis("宗地.shp", layer(Some(places.clone()), Some("EPSG:4528"), real));
    assert_eq!(said(&found, "id.digits_lost").column.as_deref(), Some("ZDDM"));
    let twice = vec![column("ZDDM", Stored::Text, &["310114001001GB00001", "310114001001GB00001"])];
    let found = diagnosis("宗地.shp", layer(Some(places), Some("EPSG:4528"), twice));
    assert_eq!(said(&found, "id.not_unique").message, "2 rows share 1 identifiers");
}

#[test]
fn encodings_that_are_declared_wrong_or_uncertain_are_told() {
    use crate::read::Decided;
    use crate::read::encoding::Declared;
    let encoding = |name, decided, confidence, label: &str| EncodingSurvey {
        name,
        decided,
        declared: vec![Declared { by: Decided::Cpg, label: label.into(), encoding: crate::read::encoding::named(label) }],
        beyond_ascii: 40,
        confidence,
    };
    let with = |own: EncodingSurvey| {
        let columns = vec![ColumnSurvey { is_cut: true, ..column("土地使用权", Stored::Text, &["x"]) }];
        diagnosis("a.dbf", LayerSurvey { encoding: Some(own), ..layer(None, None, columns) })
    };
    let wrong = with(encoding(Some("gb18030"), Decided::Guessed, 0.9, "UTF-8"));
    assert_eq!(said(&wrong, "encoding.wrong").message, "the `.cpg` file says `UTF-8` (UTF-8), the text is gb18030");
    assert!(said(&wrong, "name.cut").fix.contains("`土地使用权面积`"), "{}", said(&wrong, "name.cut").fix);
    assert!(codes(&with(encoding(Some("gb18030"), Decided::Guessed, 0.4, "936"))).contains(&"encoding.uncertain"));
    assert!(codes(&with(encoding(None, Decided::Guessed, 0.0, "936"))).contains(&"encoding.unknown"));
    assert!(!codes(&with(encoding(Some("gb18030"), Decided::Cpg, 0.9, "936"))).iter().any(|c| c.starts_with("encoding.")));
}

#[test]
fn rows_without_a_polygon_are_counted() {
    let mut mixed = shapes(&[(40_512_000.0, 3_456_000.0)], 100.0);
    mixed.push(None);
    mixed.push(Some(&[1, 2, 3]));
    let found = diagnosis("a.shp", layer(Some(mixed), Some("EPSG:4528"), Vec::new()));
    let problem = said(&found, "layer.unusable_rows");
    assert_eq!(
        (problem.message.as_str(), problem.evidence.as_str()),
        ("2 of 3 rows have no usable polygon", "1 damaged, 1 missing, 1 polygon")
    );
}
