//! Files of every format, cut off or with bits flipped: read or refused, never a crash, a hang or much memory.

use std::path::Path;

use crate::hostile::{Dice, SMALL, convert, job, ran};
use crate::program::{city, done};

/// A square plot of TopoJSON and its arc.
fn topology() -> String {
    let arc = |n: u32| {
        format!(
            "[[{x},3460000],[{y},3460000],[{y},3460100],[{x},3460100],[{x},3460000]]",
            x = 40_500_000 + 200 * n,
            y = 40_500_100 + 200 * n
        )
    };
    let plot = |n: u32| format!("{{\"type\":\"Polygon\",\"properties\":{{\"ZDDM\":\"P{n}\"}},\"arcs\":[[{n}]]}}");
    let (arcs, plots): (Vec<String>, Vec<String>) = (0..20).map(|n| (arc(n), plot(n))).unzip();
    let objects = format!("{{\"parcels\":{{\"type\":\"GeometryCollection\",\"geometries\":[{}]}}}}", plots.join(","));
    format!("{{\"type\":\"Topology\",\"objects\":{objects},\"arcs\":[{}]}}", arcs.join(","))
}

/// Closed outlines on a drawing: a reader finds lines.
fn drawing() -> String {
    let vertex = |(x, y): (u32, u32)| format!("10\n{x}\n20\n{y}\n");
    let outline = |n: u32| {
        let x = 40_500_000 + 200 * n;
        let corners = [(x, 3_460_000), (x + 100, 3_460_000), (x + 100, 3_460_100), (x, 3_460_100)].map(vertex).concat();
        format!("0\nLWPOLYLINE\n8\nparcels\n90\n4\n70\n1\n{corners}")
    };
    format!("0\nSECTION\n2\nENTITIES\n{}0\nENDSEC\n0\nEOF\n", (0..20).map(outline).collect::<String>())
}

/// Twenty plots as survey offices write them.
fn boundary_points() -> String {
    let head = "[属性描述]\r\n坐标系=2000国家大地坐标系\r\n几度分带=3\r\n投影类型=高斯克吕格\r\n计量单位=米\r\n带号=40\r\n[地块坐标]\r\n";
    let plot = |number: u32| {
        let corner = |point: u32, x: u32, y: u32| format!("J{point},1,{},{}\r\n", 3_460_000 + y, 40_500_000 + 200 * number + x);
        let corners = [corner(1, 0, 0), corner(2, 0, 100), corner(3, 100, 100), corner(4, 100, 0), corner(1, 0, 0)].concat();
        format!("5,1.0,P{number},甲,面,,工业用地,0601,@\r\n{corners}")
    };
    std::iter::once(head.to_owned()).chain((0..20).map(plot)).collect()
}

fn to_workbook(csv: &Path, xlsx: &Path) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, record) in (0..).zip(csv::ReaderBuilder::new().has_headers(false).from_path(csv).unwrap().records()) {
        for (column, cell) in (0..).zip(record.unwrap().iter()) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save(xlsx).unwrap();
}

#[test]
fn cut_and_flipped_files_of_every_format_are_read_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 60, &[]);
    for (driver, file) in [
        ("ESRI Shapefile", "parcels.shp"),
        ("GeoJSON", "parcels.geojson"),
        ("GeoJSONSeq", "parcels.geojsonl"),
        ("FlatGeobuf", "parcels.fgb"),
        ("MapInfo File", "parcels.tab"),
        ("MapInfo File", "drawn.mif"),
        ("OpenFileGDB", "parcels.gdb"),
        ("SQLite", "parcels.sqlite"),
    ] {
        convert(&city, driver, file);
    }
    done(&city, &["run", "job.toml"]);
    std::fs::copy(city.join("out/inventory.parquet"), city.join("parcels.parquet")).unwrap();
    std::fs::write(city.join("parcels.txt"), boundary_points()).unwrap();
    std::fs::write(city.join("parcels.topojson"), topology()).unwrap();
    std::fs::write(city.join("parcels.dxf"), drawing()).unwrap();
    to_workbook(&city.join("enterprises.csv"), &city.join("enterprises.xlsx"));
    std::fs::write(city.join("enterprises.xls"), include_bytes!("workbooks/enterprises.xls")).unwrap();
    std::fs::write(city.join("enterprises.ods"), include_bytes!("workbooks/enterprises.ods")).unwrap();
    let mut dice = Dice(7);
    let mut codes = [0; 3];
    let inputs = [
        "parcels.gpkg",
        "parcels.shp",
        "parcels.dbf",
        "parcels.shx",
        "parcels.prj",
        "parcels.geojson",
        "parcels.geojsonl",
        "parcels.fgb",
        "parcels.dat",
        "parcels.map",
        "drawn.mif",
        "drawn.mid",
        "parcels.gdb/a00000001.gdbtable",
        "parcels.gdb/a00000009.gdbtable",
        "parcels.txt",
        "parcels.topojson",
        "parcels.dxf",
        "parcels.sqlite",
        "parcels.parquet",
        "enterprises.csv",
        "enterprises.xlsx",
        "enterprises.xls",
        "enterprises.ods",
    ];
    for input in inputs {
        let whole = std::fs::read(city.join(input)).unwrap();
        let opened = match input {
            "parcels.dbf" | "parcels.shx" | "parcels.prj" => "parcels.shp",
            "parcels.dat" | "parcels.map" => "parcels.tab",
            "drawn.mid" => "drawn.mif",
            table if table.starts_with("enterprises") => "parcels.gpkg",
            other if other.starts_with("parcels.gdb") => "parcels.gdb",
            other => other,
        };
        let more = match input.starts_with("enterprises") {
            true => format!("[[tables]]\nkind = 'enterprises'\npath = '{input}'"),
            false => String::new(),
        };
        let fields = if input == "parcels.parquet" { "[parcels.fields]\nparcel_id = 'parcel_id'" } else { "" };
        job(&city, opened, &format!("{fields}\n{more}"));
        for trial in 0..12 {
            let mut bytes = whole.clone();
            if trial < 4 {
                bytes.truncate(dice.roll(bytes.len()));
            } else {
                // Heads are short and decide most: half of the flips go there.
                let reach = if trial % 2 == 0 { bytes.len() } else { bytes.len().min(512) };
                (0..=trial / 4).for_each(|_| bytes[dice.roll(reach)] ^= 1 << dice.roll(8));
            }
            std::fs::write(city.join(input), &bytes).unwrap();
            let ran = ran(&city, &["check", "job.toml", "--quiet"]);
            let code = ran.code.unwrap_or_else(|| panic!("{input}, trial {trial}: ended by a signal\n{}", ran.stderr));
            assert!((0..=2).contains(&code), "{input}, trial {trial}: exit {code}\n{}", ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{input}, trial {trial}: {}", ran.stderr);
            assert!(ran.memory < SMALL, "{input}, trial {trial}: {} MiB", ran.memory >> 20);
            codes[usize::try_from(code).unwrap()] += 1;
        }
        std::fs::write(city.join(input), &whole).unwrap();
    }
    assert!(codes[2] > 30, "{codes:?}: most of these files cannot be used");
}
