//! The page around the blocks, and how figures are packed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polars::prelude::{DataFrame, NamedFrom, Series};
use sha2::{Digest, Sha256};

use super::columns::Columns;
use super::outlines::Outlines;
use super::*;
use crate::model::GeometryBuilder;

#[test]
fn the_page_runs_its_own_script_and_no_other() {
    assert_eq!(PAGE.matches(PLACE).count(), 1);
    let (_, after) = PAGE.split_once("<script>").unwrap();
    let script = after.split_once("</script>").unwrap().0;
    let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
    assert!(PAGE.contains(&format!("default-src 'none'; script-src 'sha256-{hash}'")), "the policy has the hash of another script");
}

#[test]
fn numbers_keep_their_decimals_and_huge_ones_fewer() {
    let nothing = Outlines::of(&GeometryBuilder::default().finish());
    let place = |values: &[Option<f64>]| {
        let table = DataFrame::new(values.len(), vec![Series::new("far".into(), values).into()]).unwrap();
        let columns = Columns::of(&table, &nothing);
        let place = columns.layout.iter().find(|place| place["name"] == "far").unwrap().clone();
        let from = usize::try_from(place["offset"].as_u64().unwrap()).unwrap();
        (
            place["decimals"].as_i64().unwrap(),
            columns.bytes[from..from + usize::try_from(place["length"].as_u64().unwrap()).unwrap()].to_vec(),
        )
    };
    // 1.234 is 1234 = 0x04d2 thousandths; a missing one is 0x80000000; the lowest bytes of both come first.
    assert_eq!(place(&[Some(1.2342), None]), (3, vec![0xd2, 0, 0x04, 0, 0, 0, 0, 0x80]));
    assert_eq!(place(&[Some(3.0e9)]).0, -1, "the last three digits of the scale do not fit into 31 bits");
    assert_eq!(place(&[Some(f64::INFINITY)]), (3, vec![0, 0, 0, 0x80]), "what is not finite is missing");
}

#[test]
fn figures_are_shortened_wherever_they_stand() {
    let facts = serde_json::json!({ "value": 11.347_163_555_906_976, "ranks": [1246, 0.1], "text": "65.471_163_766" });
    let short = serde_json::json!({ "value": 11.34716, "ranks": [1246, 0.1], "text": "65.471_163_766" });
    assert_eq!(details::shortened(facts), short);
}
