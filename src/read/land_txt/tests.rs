use super::*;
use crate::read::job::Job;

const HEAD: &str = "[属性描述]\r\n格式版本号=1.01\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n精度=0.001\r\n转换参数=,,,,,,\r\n[地块坐标]\r\n";
/// A square of 100 m with a hole of 10 m, then a triangle.
const PLOTS: &str = "10,0.99,310114001001GB00001,甲,面,,工业用地,0601,@\r\n\
    J1,1,3456000.0,40512000.0\r\nJ2,1,3456100.0,40512000.0\r\nJ3,1,3456100.0,40512100.0\r\nJ4,1,3456000.0,40512100.0\r\nJ1,1,3456000.0,40512000.0\r\n\
    J5,2,3456040.0,40512040.0\r\nJ6,2,3456050.0,40512040.0\r\nJ7,2,3456050.0,40512050.0\r\nJ8,2,3456040.0,40512050.0\r\nJ5,2,3456040.0,40512040.0\r\n\
    3,0.5公顷,310114001001GB00002,乙,面,,,,图斑,,,,备注,@\r\n\
    J1,1,3456200.0,40512000.0\r\nJ2,1,3456200.0,40512100.0\r\nJ3,1,3456300.0,40512000.0\r\n";

fn read_as(bytes: &[u8], role: Role, more: &str) -> Result<RawLayer, ReadError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("p.txt"), bytes).unwrap();
    let text = format!("as_of = 2025-12-31\n[parcels]\npath = \"p.txt\"\n{more}");
    let job = Job::parse(&text, &dir.path().join("job.toml"), None).unwrap();
    let input = crate::read::paths::expand(&job.parcels, dir.path(), "parcels").unwrap().remove(0);
    assert!(is_layer(&input.path));
    read_file(Request { input: &input, spec: &job.parcels, role, key: "parcels", as_table: false })
}

fn read(text: &str) -> Result<RawLayer, ReadError> {
    read_as(text.as_bytes(), Role::Parcels, "")
}

fn areas(layer: &RawLayer) -> Vec<Option<f64>> {
    layer.attributes.column("registered_area_m2").unwrap().f64().unwrap().iter().collect()
}

#[test]
fn plots_are_a_layer_with_holes_and_areas_in_hectares() {
    let layer = read(&format!("{HEAD}{PLOTS}")).unwrap();
    assert_eq!(layer.crs.as_deref(), Some("EPSG:4528"));
    assert_eq!(layer.rows, [1, 2]);
    assert_eq!(areas(&layer), [Some(9900.0), Some(5000.0)]);
    assert_eq!(crate::model::identifiers(&layer.attributes).unwrap().get(1), Some("310114001001GB00002"));
    let shape = layer.geometry.shape(0);
    assert_eq!(shape.rings().count(), 2);
    assert_eq!(layer.geometry.bounds()[0].min, Coord::new(40_512_000.0, 3_456_000.0), "east is x");
    let measured = |row| crate::spatial::area::planar_area_m2(layer.geometry.shape(row));
    assert_eq!((measured(0), measured(1)), (9900.0, 5000.0));
}

#[test]
fn the_encoding_does_not_matter() {
    let text = format!("{HEAD}{PLOTS}");
    let gbk = GB18030.encode(&text).0.into_owned();
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [gbk, utf16, [b"\xEF\xBB\xBF", text.as_bytes()].concat()] {
        assert_eq!(areas(&read_as(&bytes, Role::Parcels, "").unwrap()), [Some(9900.0), Some(5000.0)]);
    }
}

#[test]
fn the_crs_follows_from_head_and_eastings() {
    let crs = |from: &str, to: &str| read(&format!("{HEAD}{PLOTS}").replace(from, to)).unwrap().crs;
    assert_eq!(crs(",40512", ",512").as_deref(), Some("EPSG:4549"), "no zone in the eastings");
    assert_eq!(crs("2000国家大地坐标系", "1980西安坐标系").as_deref(), Some("EPSG:2364"));
    assert_eq!(crs("带号=40", "带号=").as_deref(), Some("EPSG:4528"), "the eastings have the zone");
    assert_eq!(crs("2000国家大地坐标系", "地方坐标系"), None);
    assert_eq!(crs("几度分带=3", "几度分带="), None);
}

#[test]
fn a_ring_outside_and_a_line_become_rejects() {
    let outside = PLOTS.replace("J5,2,34560", "J5,2,34590").replace("J6,2,34560", "J6,2,34590");
    let outside = outside.replace("J7,2,34560", "J7,2,34590").replace("J8,2,34560", "J8,2,34590");
    let layer = read(&format!("{HEAD}{outside}")).unwrap();
    assert_eq!((layer.rows.as_slice(), layer.rejects.len()), (&[2_i64][..], 1));
    assert!(layer.rejects[0].reason.starts_with("line 11: ring 2 lies outside"), "{}", layer.rejects[0].reason);
    let layer = read(&format!("{HEAD}{}", PLOTS.replacen("面", "线", 1))).unwrap();
    assert_eq!(layer.rejects[0].code, Code::GeometryNotPolygonal);
}

#[test]
fn damage_is_told_with_its_line() {
    let said = |text: String| read(&text).map(|_| ()).unwrap_err().to_string();
    let whole = format!("{HEAD}{PLOTS}");
    for (from, to, expected) in [
        ("J3,1,3456100.0,40512100.0", "J3,1,34561o0.0,40512100.0", "line 14: `34561o0.0, 40512100.0` are not two ordinates"),
        ("J3,1,3456100.0,40512100.0", "J3,x,3456100.0,40512100.0", "line 14: ring `x` is not a whole number"),
        ("J3,1,3456100.0,40512100.0", "J3,1,3456100.0", "line 14: `J3,1,3456100.0` is neither the attributes"),
        ("10,0.99", "13,0.99", "line 11: 10 points follow, the plot states 13"),
        ("带号=40", "带号=39", "line 11: the eastings are in zone 40, the head says zone 39"),
        ("J3,1,3456100.0,40512100.0", "J3,1,3456100.0,39512100.0", "line 11: eastings with zone 39 beside eastings with zone 40"),
        ("计量单位=米", "计量单位=度", "the unit of the points is `度`"),
        ("10,0.99,310114001001GB00001,甲,面,,工业用地,0601,@", "10,0.99,@", "line 11: 2 attributes before `@`"),
    ] {
        let said = said(whole.replacen(from, to, 1));
        assert!(said.contains(expected), "{said}");
    }
    let swapped = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [name, ring, north, east] => format!("{name},{ring},{east},{north}"),
        _ => line.to_owned(),
    };
    let swapped: Vec<String> = PLOTS.lines().map(swapped).collect();
    assert!(said(format!("{HEAD}{}", swapped.join("\n"))).contains("north must stand before east"));
    assert!(said(HEAD.to_owned()).contains("no plot stands under"));
    let in_table = read_as(whole.as_bytes(), Role::Enterprises, "").map(|_| ()).unwrap_err();
    assert!(matches!(in_table, ReadError::GeometryKind { .. }), "{in_table}");
}

#[test]
fn the_job_states_the_crs_where_the_head_is_wrong() {
    let text = format!("{HEAD}{PLOTS}").replace("带号=40", "带号=39");
    let layer = read_as(text.as_bytes(), Role::Parcels, "crs = \"EPSG:4528\"\n").unwrap();
    assert_eq!((layer.crs, layer.rows.len()), (None, 2));
}
