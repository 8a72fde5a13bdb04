//! What a land office has, told and turned into a job: `mujun doctor`, `mujun init`, the boundary points of 国土TXT.

use std::path::Path;

use encoding_rs::GB18030;

use crate::program::{done, numbers, table, texts};

/// Two plots of 1 ha as survey software writes them, GBK and all.
const BOUNDARY_POINTS: &str = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n精度=0.001\r\n转换参数=,,,,,,\r\n\
    [地块坐标]\r\n\
    5,1.0,310114001001GB00001,甲,面,,工业用地,0601,@\r\n\
    J1,1,3456000,40512000\r\nJ2,1,3456100,40512000\r\nJ3,1,3456100,40512100\r\nJ4,1,3456000,40512100\r\nJ1,1,3456000,40512000\r\n\
    5,1.0,310114001001GB00002,乙,面,,工业用地,0601,@\r\n\
    J1,1,3456000,40512200\r\nJ2,1,3456100,40512200\r\nJ3,1,3456100,40512300\r\nJ4,1,3456000,40512300\r\nJ1,1,3456000,40512200\r\n";

fn boundary_points(dir: &Path) {
    std::fs::write(dir.join("宗地.txt"), GB18030.encode(BOUNDARY_POINTS).0).unwrap();
}

#[test]
fn a_job_runs_from_boundary_points() {
    let dir = tempfile::tempdir().unwrap();
    boundary_points(dir.path());
    let job = "as_of = 2025-12-31\noutput = \"out\"\n[crs]\ncompute = \"auto\"\n[parcels]\npath = \"宗地.txt\"\n";
    std::fs::write(dir.path().join("job.toml"), job).unwrap();
    done(dir.path(), &["run", "job.toml", "--quiet"]);
    let inventory = table(&dir.path().join("out/inventory.parquet"));
    assert_eq!(texts(&inventory, "parcel_id"), ["310114001001GB00001", "310114001001GB00002"].map(|id| Some(id.to_owned())));
    assert_eq!(texts(&inventory, "land_use"), [Some("0601".to_owned()), Some("0601".to_owned())]);
    for column in ["area_registered_m2", "area_planar_m2", "area_m2"] {
        assert_eq!(numbers(&inventory, column), [Some(10_000.0), Some(10_000.0)], "{column}");
    }
}
