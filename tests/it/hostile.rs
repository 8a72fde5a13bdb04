//! Files that mean harm, or might as well: a clear refusal each, in bounded time and memory, and nothing outside the job is read or written.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use gdal::vector::{LayerAccess, LayerOptions, OGRwkbGeometryType};

use crate::program::{city, command, done, files, json, mujun};

/// The longest that a refusal may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most memory that a small job may take, bytes.
pub const SMALL: u64 = 2 << 30;

/// How a run of the program went.
pub struct Ran {
    /// None where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The peak, bytes.
    pub memory: u64,
}

/// Runs the program and looks at what it took; it fails the test where it hangs.
#[expect(clippy::zombie_processes, reason = "it is waited for by `wait4`, which tells what it took")]
pub fn ran(dir: &Path, arguments: &[&str]) -> Ran {
    let (output, errors) = (dir.join("stdout.txt"), dir.join("stderr.txt"));
    let to = |path: &Path| std::fs::File::create(path).unwrap();
    let mut child = command(dir, arguments).stdout(to(&output)).stderr(to(&errors)).spawn().unwrap();
    let started = Instant::now();
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    let pid = i32::try_from(child.id()).unwrap();
    // SAFETY: the places outlive the call, and nobody else waits for the child before it has ended.
    while unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } == 0 {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("mujun {arguments:?} in {} does not end", dir.display());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    Ran { code, stdout: text(&output), stderr: text(&errors), memory: u64::try_from(usage.ru_maxrss).unwrap() * 1024 }
}

/// A job of parcels alone, or with the entries `more`.
pub fn job(dir: &Path, parcels: &str, more: &str) {
    let text = format!(
        "as_of = 2025-12-31\nformats = []\n[crs]\ncompute = 'EPSG:4528'\n[parcels]\npath = '{parcels}'\ncrs = 'EPSG:4528'\n{more}\n"
    );
    std::fs::write(dir.join("job.toml"), text).unwrap();
}

/// What is said of a job that cannot be run, in little memory.
pub fn refused(dir: &Path, what: &str) -> String {
    let ran = ran(dir, &["check", "job.toml", "--quiet"]);
    assert_eq!(ran.code, Some(2), "{what}: {}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{what}: {}", ran.stderr);
    assert!(ran.memory < SMALL, "{what}: {} MiB", ran.memory >> 20);
    ran.stderr
}

/// What is said in little memory, with the exit code.
pub fn told(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let ran = ran(dir, arguments);
    assert!(ran.memory < SMALL, "{arguments:?}: {} MiB", ran.memory >> 20);
    (ran.code.unwrap_or(-1), ran.stdout)
}

/// Random numbers that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// One of the numbers from 0 to `below` - 1.
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(below).unwrap()).unwrap()
    }
}

/// Writes the parcels of the city `dir` in the format of a driver.
pub fn convert(dir: &Path, driver: &str, to: &str) {
    let from = gdal::Dataset::open(dir.join("parcels.gpkg")).unwrap();
    let mut layer = from.layer(0).unwrap();
    let mut made = gdal::DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(dir.join(to)).unwrap();
    let srs = layer.spatial_ref();
    let options = LayerOptions { name: "parcels", srs: srs.as_ref(), ty: OGRwkbGeometryType::wkbMultiPolygon, options: None };
    let copy = made.create_layer(options).unwrap();
    gdal::vector::FieldDefn::new("ZDDM", gdal::vector::OGRFieldType::OFTString).unwrap().add_to_layer(&copy).unwrap();
    let place = layer.defn().field_index("ZDDM").unwrap();
    for feature in layer.features() {
        let mut own = gdal::vector::Feature::new(copy.defn()).unwrap();
        own.set_geometry(feature.geometry().unwrap().clone()).unwrap();
        own.set_field_string(0, &feature.field_as_string(place).unwrap().unwrap()).unwrap();
        own.create(&copy).unwrap();
    }
}

fn wkb_of_rings(rings: usize, vertices: usize) -> Vec<u8> {
    let mut wkb = vec![1];
    wkb.extend(6_u32.to_le_bytes());
    wkb.extend(u32::try_from(rings).unwrap().to_le_bytes());
    let across = rings.isqrt() + 1;
    for ring in 0..rings {
        let (x, y) = (40_500_000.0 + 10.0 * (ring % across) as f64, 3_450_000.0 + 10.0 * (ring / across) as f64);
        wkb.push(1);
        wkb.extend(3_u32.to_le_bytes());
        wkb.extend(1_u32.to_le_bytes());
        wkb.extend(u32::try_from(vertices + 1).unwrap().to_le_bytes());
        for vertex in 0..=vertices {
            let angle = std::f64::consts::TAU * (vertex % vertices) as f64 / vertices as f64;
            wkb.extend((x + 4.0 * angle.cos()).to_le_bytes());
            wkb.extend((y + 4.0 * angle.sin()).to_le_bytes());
        }
    }
    wkb
}

fn geopackage(path: &Path, wkb: &[u8]) {
    let mut dataset = gdal::DriverManager::get_driver_by_name("GPKG").unwrap().create_vector_only(path).unwrap();
    let srs = gdal::spatial_ref::SpatialRef::from_epsg(4528).unwrap();
    let layer = dataset
        .create_layer(LayerOptions { name: "parcels", srs: Some(&srs), ty: OGRwkbGeometryType::wkbMultiPolygon, options: None })
        .unwrap();
    gdal::vector::FieldDefn::new("ZDDM", gdal::vector::OGRFieldType::OFTString).unwrap().add_to_layer(&layer).unwrap();
    let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
    feature.set_geometry(gdal::vector::Geometry::from_wkb(wkb).unwrap()).unwrap();
    feature.set_field_string(0, "P1").unwrap();
    feature.create(&layer).unwrap();
}

#[test]
fn one_feature_of_a_hundred_megabytes_is_measured() {
    for (what, rings, vertices) in [("a ring", 1, 6_250_000), ("a million rings", 1_000_000, 5)] {
        let dir = tempfile::tempdir().unwrap();
        let wkb = wkb_of_rings(rings, vertices);
        assert!(wkb.len() > 90_000_000);
        geopackage(&dir.path().join("parcels.gpkg"), &wkb);
        drop(wkb);
        job(dir.path(), "parcels.gpkg", "");
        let ran = ran(dir.path(), &["run", "job.toml", "--quiet", "--out", "out"]);
        assert_eq!(ran.code, Some(0), "{what}: {}", ran.stderr);
        assert!(ran.memory < 3 << 30, "{what}: {} MiB", ran.memory >> 20);
        let inventory = crate::program::table(&dir.path().join("out/inventory.parquet"));
        let area = crate::program::numbers(&inventory, "area_planar_m2")[0].unwrap();
        let (n, rings) = (vertices as f64, rings as f64);
        let expected = rings * 0.5 * n * 16.0 * (std::f64::consts::TAU / n).sin();
        assert!((area / expected - 1.0).abs() < 1e-6, "{what}: {area} is not {expected}");
    }
}

/// A workbook with one sheet of this XML, compressed.
fn workbook(path: &Path, sheet: impl FnOnce(&mut dyn std::io::Write)) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let stored = zip::write::SimpleFileOptions::default();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
    ];
    for (name, text) in parts {
        archive.start_file(name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.start_file("xl/worksheets/sheet1.xml", stored.compression_method(zip::CompressionMethod::Deflated)).unwrap();
    archive.write_all(format!("<worksheet xmlns=\"{main}\"><sheetData>").as_bytes()).unwrap();
    sheet(&mut archive);
    archive.write_all(b"</sheetData></worksheet>").unwrap();
    archive.finish().unwrap();
}

#[test]
fn workbooks_that_unpack_or_span_too_much_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20, &[]);
    let text = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    job(&city, "parcels.gpkg", "[[tables]]\nkind = 'enterprises'\npath = 'bomb.xlsx'");
    workbook(&city.join("bomb.xlsx"), |out| {
        let row = format!("<row>{}</row>", " ".repeat(1 << 20));
        (0..1100).for_each(|_| out.write_all(row.as_bytes()).unwrap());
    });
    assert!(std::fs::metadata(city.join("bomb.xlsx")).unwrap().len() < 8 << 20);
    let said = refused(&city, "a bomb");
    assert!(said.contains("it unpacks to more than 1024 MiB"), "{said}");
    let (code, said) = told(&city, &["doctor", "bomb.xlsx"]);
    assert!(code == 1 && said.contains("it unpacks to more than 1024 MiB"), "{said}");
    workbook(&city.join("bomb.xlsx"), |out| {
        let rows = format!("<row r=\"1\">{}</row><row r=\"1048576\">{}</row>", text("A1", "enterprise_id"), text("XFD1048576", "x"));
        out.write_all(rows.as_bytes()).unwrap();
    });
    let said = refused(&city, "two corners");
    assert!(said.contains("sheet `s` spans 1048576 rows and 16384 columns"), "{said}");
    let (code, said) = told(&city, &["doctor", "bomb.xlsx"]);
    assert!(code == 1 && said.contains("sheet `s` spans 1048576 rows and 16384 columns"), "{said}");
}

#[test]
fn archives_are_refused_before_they_are_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20, &["--format", "shp"]);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let deflated = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for part in ["parcels.shp", "parcels.shx", "parcels.dbf", "parcels.prj"] {
        archive.start_file(part, deflated).unwrap();
        std::io::Write::write_all(&mut archive, &std::fs::read(city.join(part)).unwrap()).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    for file in ["parcels.shz", "other.shp.zip", "other.gpkg.zip", "other.gdb.zip", "other.gpkg"] {
        std::fs::write(city.join(file), &bytes).unwrap();
        job(&city, file, "");
        let said = refused(&city, file);
        assert!(said.contains("it is an archive"), "{file}: {said}");
        let said = mujun(&city, &["doctor", file]);
        assert!(said.stdout.contains("it is an archive"), "{file}: {}", said.stdout);
    }
}

#[test]
fn endless_headings_and_nests_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20, &[]);
    job(&city, "parcels.gpkg", "[[tables]]\nkind = 'enterprises'\npath = 'wide.csv'");
    let heading: Vec<String> = (0..1_000_000).map(|n| format!("c{n}")).collect();
    std::fs::write(city.join("wide.csv"), format!("{}\n{}1\n", heading.join(","), "1,".repeat(999_999))).unwrap();
    let said = refused(&city, "a million columns");
    assert!(said.contains("`enterprise_id`"), "{}", &said[..said.len().min(400)]);
    assert!(said.len() < 4000, "a message is no list of a million names: {} bytes", said.len());
    for (file, text) in [
        ("deep.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":{}", "[".repeat(2_000_000))),
        ("deep.topojson", format!("{{\"type\":\"Topology\",\"objects\":{}", "{\"a\":".repeat(500_000))),
    ] {
        std::fs::write(city.join(file), text).unwrap();
        job(&city, file, "");
        refused(&city, file);
    }
}

#[test]
fn nothing_beyond_the_job_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20, &[]);
    let source = |named: &str| {
        format!("<OGRVRTDataSource><OGRVRTLayer name=\"parcels\"><SrcDataSource>{named}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>")
    };
    let vrt = |named: &str| {
        std::fs::write(city.join("a.vrt"), source(named)).unwrap();
        job(&city, "a.vrt", "");
    };
    for named in [
        "/vsicurl/http://nowhere.invalid/x.gpkg",
        "http://nowhere.invalid/x.geojson",
        "PG:host=nowhere.invalid",
        "../nowhere.gpkg",
        "a.vrt",
    ] {
        vrt(named);
        let said = refused(&city, named);
        assert!(said.contains("is not a file on this machine"), "{named}: {said}");
    }
    vrt("parcels.gpkg");
    done(&city, &["run", "job.toml", "--out", "vrt"]);
    // GDAL knows a VRT by its content; here it must have the name, too.
    std::fs::write(city.join("a.geojson"), source("/etc/passwd")).unwrap();
    job(&city, "a.geojson", "");
    refused(&city, "a vrt by another name");
    for table in ["!table\nbegin_metadata\n \"\\IsSeamless\" = \"TRUE\"\nend_metadata\n", "!table\nopen table \"x\"\nCreate View v As\n"] {
        std::fs::write(city.join("all.tab"), table).unwrap();
        job(&city, "all.tab", "");
        let said = refused(&city, "a table of tables");
        assert!(said.contains("reads tables that the job does not name"), "{said}");
    }
    for path in
        ["/vsicurl/http://nowhere.invalid/x.gpkg", "http://nowhere.invalid/x", "/vsizip//x.zip", "PG:dbname=x", "<OGRVRTDataSource/>"]
    {
        job(&city, path, "");
        assert!(refused(&city, path).contains("is not a path on this machine"));
    }
}

#[test]
fn names_stay_names() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 20, &[]);
    let above = files(dir.path()).len();
    convert(&city, "GeoJSON", "odd.geojson");
    let name = "../../../escaped <script>alert(1)</script>";
    let mut odd: serde_json::Value = json(&city.join("odd.geojson"));
    odd["name"] = name.into();
    for (number, feature) in odd["features"].as_array_mut().unwrap().iter_mut().enumerate() {
        feature["properties"] =
            serde_json::json!({ "ZDDM": format!("=HYPERLINK(\"http://x\",{number})"), "town": "../../<script>alert(1)</script>" });
    }
    std::fs::write(city.join("odd.geojson"), odd.to_string()).unwrap();
    job(&city, "odd.geojson", "[[tables]]\nkind = 'enterprises'\npath = 'enterprises.csv'");
    let said = mujun(&city, &["run", "job.toml", "--out", "out"]);
    assert!(said.code < 2, "{}", said.stderr);
    let manifest = json(&city.join("out/run.json"));
    assert_eq!(manifest["inputs"][0]["layer"], name);
    let csv = std::fs::read_to_string(city.join("out/findings.csv")).unwrap();
    assert!(!csv.lines().any(|line| line.split(',').any(|cell| cell.trim_matches('"').starts_with("=HYPERLINK"))), "a formula in a table");
    let written = files(&city.join("out")).len();
    assert_eq!(files(dir.path()).len(), above + written + 1, "nothing but the layer and the run was written");
}

/// The run is whole: every file is there with the hash that it says.
fn whole(run: &Path) -> Vec<u8> {
    use sha2::Digest as _;
    for output in json(&run.join("run.json"))["outputs"].as_array().unwrap() {
        let bytes = std::fs::read(run.join(output["path"].as_str().unwrap())).unwrap();
        let hash: String = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(output["sha256"], hash, "{}", output["path"]);
    }
    std::fs::read(run.join("run.json")).unwrap()
}

#[test]
fn a_run_killed_at_any_moment_leaves_a_whole_run() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 2000, &[]);
    done(&city, &["run", "job.toml"]);
    let good = whole(&city.join("out"));
    let started = Instant::now();
    done(&city, &["run", "job.toml", "--as-of", "2025-12-30"]);
    let (took, other) = (started.elapsed(), whole(&city.join("out")));
    assert_ne!(good, other);
    let mut dice = Dice(11);
    let mut killed = 0;
    for trial in 0..24 {
        let day = if trial % 2 == 0 { "2025-12-31" } else { "2025-12-30" };
        let mut child =
            command(&city, &["run", "job.toml", "--quiet", "--as-of", day]).stderr(std::process::Stdio::null()).spawn().unwrap();
        // The swap is at the very end: half of the kills go there.
        let share = if trial % 4 < 2 { dice.roll(1000) } else { 800 + dice.roll(250) };
        std::thread::sleep(took.mul_f64(share as f64 / 1000.0));
        killed += usize::from(child.kill().is_ok() && child.wait().unwrap().code().is_none());
        let found = whole(&city.join("out"));
        assert!(found == good || found == other, "trial {trial}");
    }
    // Beside other tests the first run may have taken longer than these do.
    assert!(killed >= 4, "{killed} of 24 were killed before they ended");
    done(&city, &["run", "job.toml"]);
    assert_eq!(whole(&city.join("out")), good);
    let leftovers: Vec<_> = std::fs::read_dir(&city)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|n| n.to_string_lossy().starts_with(".out.mujun"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
}

#[test]
fn a_disk_that_takes_no_more_leaves_the_last_run() {
    let dir = tempfile::tempdir().unwrap();
    let city = city(dir.path(), 2000, &[]);
    done(&city, &["run", "job.toml"]);
    let good = files(&city.join("out"));
    for most in [0_u64, 1000, 20_000, 100_000] {
        let mut limited = command(&city, &["run", "job.toml", "--as-of", "2025-12-30"]);
        // SAFETY: only functions that may be called between fork and exec.
        unsafe {
            limited.pre_exec(move || {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
                if libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
            });
        }
        let said = crate::program::said(&limited.output().unwrap());
        assert_eq!(said.code, 2, "{most} bytes: {}", said.stderr);
        assert!(said.stderr.contains("error: "), "{}", said.stderr);
        assert_eq!(files(&city.join("out")), good, "{most} bytes");
        assert!(!std::fs::read_dir(&city).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with(".out.mujun")));
    }
}
