//! Plots beside a project as polygons, from the geometry to the ledger.

use polars::prelude::{BooleanChunked, Float64Chunked, NewChunkedArray, StringChunked};

use super::fixture::{rule, rule_of};
use super::kind::Kind;
use super::*;
use crate::model::{Code, Coord, Files, GeometryBuilder, Layer, Source, Verdict};
use crate::rules::{Objective, SliverKind, SliverRules};
use crate::spatial::area::{perimeter_m, planar_area_m2};

type Ring = Vec<(f64, f64)>;

fn rectangle(x: f64, y: f64, width_m: f64, height_m: f64) -> Ring {
    vec![(x, y), (x + width_m, y), (x + width_m, y + height_m), (x, y + height_m)]
}

fn column(shapes: &[Vec<Ring>]) -> GeometryColumn {
    let mut builder = GeometryBuilder::default();
    for rings in shapes {
        let coords = |ring: &Ring| ring.iter().map(|&(x, y)| Coord::new(x, y)).collect();
        builder.push_polygon(&rings.iter().map(coords).collect::<Vec<_>>());
    }
    builder.finish()
}

/// A parcel of a test: its ring and what is declared of it.
#[derive(Clone)]
struct Parcel {
    id: String,
    ring: Ring,
    construction: Option<bool>,
    registered_m2: Option<f64>,
    holder: Option<&'static str>,
    tenure: Option<&'static str>,
    value_wan: Option<f64>,
}

fn parcel(id: &str, ring: Ring) -> Parcel {
    Parcel { id: id.to_owned(), ring, construction: Some(true), registered_m2: None, holder: None, tenure: None, value_wan: None }
}

/// A city of a test.
struct City {
    parcels: Vec<Parcel>,
    projects: Vec<(&'static str, Option<&'static str>, Vec<Ring>)>,
    zones: Vec<(&'static str, Ring)>,
    rule: SliverRules,
}

/// What the stage makes of it.
struct Found {
    candidates: Vec<Candidate>,
    swaps: Vec<Swap>,
    ids: Vec<String>,
    ledger: DataFrame,
    inventory: Vec<polars::prelude::Column>,
    decisions: crate::model::DecisionTable,
    findings: Vec<crate::model::Finding>,
}

impl Found {
    fn of(&self, id: &str) -> &Candidate {
        self.candidates.iter().find(|c| self.ids[c.parcel as usize] == id).unwrap_or_else(|| panic!("no candidate {id}"))
    }

    fn status(&self, id: &str) -> &'static str {
        self.of(id).status.as_str()
    }

    fn recommended(&self) -> Vec<&str> {
        let taken = self.candidates.iter().filter(|c| c.recommended.is_some_and(|(taken, _)| taken));
        taken.map(|c| self.ids[c.parcel as usize].as_str()).collect()
    }
}

impl City {
    /// One project of 300 m by 300 m (90,000 m²), with a road along everything so that only the test's own figures speak.
    fn new(parcels: Vec<Parcel>) -> Self {
        Self { parcels, projects: vec![("P", None, vec![rectangle(0.0, 0.0, 300.0, 300.0)])], zones: Vec::new(), rule: rule() }
    }

    fn find(&self) -> Found {
        let geometry = column(&self.parcels.iter().map(|p| vec![p.ring.clone()]).collect::<Vec<_>>());
        let ids: Vec<&str> = self.parcels.iter().map(|p| p.id.as_str()).collect();
        let planar_m2: Vec<f64> = geometry.shapes().map(planar_area_m2).collect();
        let perimeter_m: Vec<f64> = geometry.shapes().map(perimeter_m).collect();
        let registered_m2: Vec<Option<f64>> = self.parcels.iter().map(|p| p.registered_m2).collect();
        let text = |name: &str, of: &dyn Fn(&Parcel) -> Option<&'static str>| {
            StringChunked::from_iter_options(name.into(), self.parcels.iter().map(of))
        };
        let construction = BooleanChunked::from_iter_options("c".into(), self.parcels.iter().map(|p| p.construction));
        let (holder, tenure) = (text("h", &|p| p.holder), text("t", &|p| p.tenure));
        let value_wan = Float64Chunked::from_iter_options("v".into(), self.parcels.iter().map(|p| p.value_wan));
        let parcels = Parcels {
            geometry: &geometry,
            ids: &ids,
            planar_m2: &planar_m2,
            ellipsoidal_m2: &planar_m2,
            registered_m2: &registered_m2,
            perimeter_m: &perimeter_m,
            declared: Declared { construction: &construction, holder: &holder, tenure: &tenure, value_wan: &value_wan },
        };
        let project_geometry = column(&self.projects.iter().map(|p| p.2.clone()).collect::<Vec<_>>());
        let land_m2: Vec<f64> = project_geometry.shapes().map(planar_area_m2).collect();
        let project_ids = StringChunked::from_iter_options("p".into(), self.projects.iter().map(|p| Some(p.0)));
        let project_holder = StringChunked::from_iter_options("h".into(), self.projects.iter().map(|p| p.1));
        let projects = Projects { geometry: &project_geometry, land_m2: &land_m2, ids: &project_ids, holder: &project_holder };
        let zones: Vec<(&str, GeometryColumn)> = self.zones.iter().map(|(kind, ring)| (*kind, column(&[vec![ring.clone()]]))).collect();
        let zones: Vec<(&str, &GeometryColumn)> = zones.iter().map(|(kind, zones)| (*kind, zones)).collect();
        let beside = find(parcels, projects, &Lines::of(&self.rule, &zones), &self.rule);
        let layer = Layer {
            source: Source { file: "parcels.gpkg".into(), layer: "parcels".into() },
            files: Files::default(),
            geometry: geometry.clone(),
            attributes: DataFrame::empty(),
            rows: (1..).take(ids.len()).collect(),
        };
        Found {
            swaps: swaps(&beside, parcels, projects, &self.rule),
            ledger: ledger(&beside.candidates, &ids, projects, Some(&self.rule)).unwrap(),
            inventory: columns(&beside.candidates, projects, ids.len()),
            decisions: decisions(&beside.candidates, &ids, projects, &self.rule),
            findings: findings(&beside.candidates, parcels, &layer, &self.rule),
            ids: ids.iter().map(ToString::to_string).collect(),
            candidates: beside.candidates,
        }
    }
}

/// Adjoining plots of 40 m width along the southern side, one for each area; 10 m apart.
fn southern(areas_m2: &[f64]) -> Vec<Parcel> {
    let plot = |(place, area_m2): (usize, &f64)| {
        let height_m = area_m2 / 40.0;
        parcel(&format!("s{place:02}"), rectangle(50.0 * place as f64, -height_m, 40.0, height_m))
    };
    areas_m2.iter().enumerate().map(plot).collect()
}

#[test]
fn a_stretch_of_more_than_a_metre_adjoins_and_a_point_does_not() {
    let east = |gap_m: f64, y: f64, height_m: f64| vec![parcel("a", rectangle(300.0 + gap_m, y, 30.0, height_m))];
    let adjoins = |parcels: Vec<Parcel>| !City::new(parcels).find().candidates.is_empty();
    assert!(adjoins(east(0.0, 10.0, 30.0)));
    assert!(!adjoins(east(0.0, 300.0, 30.0)), "a common corner");
    assert!(!adjoins(east(0.0, 299.0, 30.0)), "exactly a metre");
    assert!(adjoins(east(0.0, 298.99, 30.0)), "a metre and a centimetre");
    assert!(adjoins(east(0.05, 10.0, 30.0)), "a gap of the snap distance");
    assert!(!adjoins(east(0.051, 10.0, 30.0)), "a gap of a millimetre more");
}

#[test]
fn what_is_mostly_inside_is_core_and_no_candidate() {
    let half = |inside_m: f64| City::new(vec![parcel("a", rectangle(300.0 - inside_m, 0.0, 40.0, 40.0))]).find().candidates.len();
    assert_eq!((half(20.0), half(0.0)), (0, 1));
}

#[test]
fn a_road_two_metres_away_is_a_road() {
    let road = |gap_m: f64| {
        let mut city = City::new(vec![parcel("a", rectangle(300.0, 100.0, 40.0, 40.0))]);
        city.zones = vec![("road", rectangle(340.0 + gap_m, 0.0, 10.0, 300.0))];
        city.find().of("a").measures.has_road
    };
    assert_eq!((rule().hard_to_develop.road_within_m, road(2.0), road(2.01)), (2.0, Some(true), Some(false)));
}

#[test]
fn the_three_kinds_and_none() {
    // A bay 40 m wide and 30 m deep in the eastern side, a yard in the middle, a plot in each.
    let shell =
        vec![(0.0, 0.0), (300.0, 0.0), (300.0, 100.0), (270.0, 100.0), (270.0, 140.0), (300.0, 140.0), (300.0, 300.0), (0.0, 300.0)];
    let mut yard = rectangle(100.0, 100.0, 30.0, 30.0);
    yard.reverse();
    let mut city = City::new(vec![
        parcel("bay", rectangle(270.0, 100.0, 60.0, 40.0)),
        parcel("yard", rectangle(100.0, 100.0, 30.0, 30.0)),
        parcel("south", rectangle(200.0, -40.0, 40.0, 40.0)),
        parcel("edge", rectangle(-40.0, 100.0, 40.0, 40.0)),
    ]);
    city.projects[0].2 = vec![shell, yard];
    city.zones = vec![("road", rectangle(0.0, -60.0, 300.0, 20.0)), ("town_boundary", rectangle(-500.0, -500.0, 460.0, 2000.0))];
    let found = city.find();
    let kind = |id: &str| found.of(id).kind;
    assert_eq!(kind("bay"), Kind::Of(SliverKind::Interlocking));
    assert_eq!(kind("yard"), Kind::Of(SliverKind::Enclosed));
    // 40 m of 160 m lie along the road, and 2 m at each end.
    assert_eq!(kind("south"), Kind::Of(SliverKind::Corner));
    assert_eq!(kind("edge"), Kind::Of(SliverKind::Corner));
    let m = found.of("bay").measures;
    // 100 m of 200 m are shared in one stretch; half of the plot lies in the bay, and the hull is the square.
    assert_eq!((m.shared_m, m.runs, m.hull_share), (100.0, 1, 0.5));
    assert_eq!(found.of("yard").measures.hole_share, 1.0);
    city.zones.clear();
    assert_eq!(city.find().of("edge").kind, Kind::Unknown);
    city.zones = vec![("river", rectangle(-100.0, -500.0, 57.9, 2000.0))];
    assert_eq!(city.find().of("edge").kind, Kind::None, "2.1 m from the line");
    city.zones = vec![("river", rectangle(-100.0, -500.0, 58.0, 2000.0))];
    assert_eq!(city.find().of("edge").kind, Kind::Of(SliverKind::Corner), "2 m from the line");
}

#[test]
fn a_plot_along_two_sides_of_a_notch_has_two_runs() {
    // A strip across a notch 40 m wide: it touches the project left and right of the notch, 10 m each.
    let notched = vec![(0.0, 0.0), (130.0, 0.0), (130.0, 20.0), (170.0, 20.0), (170.0, 0.0), (300.0, 0.0), (300.0, 300.0), (0.0, 300.0)];
    let mut city = City::new(vec![parcel("strip", rectangle(120.0, -10.0, 60.0, 10.0))]);
    city.projects[0].2 = vec![notched];
    let m = city.find().of("strip").measures;
    assert!((m.shared_m - 20.0).abs() < 1e-9 && m.runs == 2, "{m:?}");
}

#[test]
fn a_fault_of_drawing_a_small_plot_and_a_left_over_plot_are_three_answers() {
    let mut city = City::new(vec![
        parcel("gap", rectangle(0.0, -0.4, 100.0, 0.4)),
        parcel("strip", rectangle(110.0, -0.6, 50.0, 0.6)),
        parcel("speck", rectangle(170.0, -0.6, 1.5, 0.6)),
        parcel("plot", rectangle(200.0, -40.0, 40.0, 40.0)),
    ]);
    city.zones = vec![("road", rectangle(0.0, -50.0, 300.0, 10.0))];
    let found = city.find();
    let natures: Vec<&str> = ["gap", "strip", "speck", "plot"].iter().map(|id| found.of(id).status.nature().as_str()).collect();
    assert_eq!(natures, ["artefact", "legal_sliver", "artefact", "small_plot"]);
    assert_eq!(found.status("plot"), "not_hard_to_develop");
    // Only the strip counts.
    assert_eq!(found.of("plot").ratio_core, 30.0 / 90_000.0);
}

#[test]
fn three_mu_at_below_and_above_in_each_pack() {
    let status = |pack: &str, registered_m2: f64, construction: Option<bool>| {
        let mut plots = southern(&[1500.0]);
        (plots[0].registered_m2, plots[0].construction) = (Some(registered_m2), construction);
        let mut city = City::new(plots);
        city.rule = rule_of(pack);
        city.find().candidates.first().map_or("none", |c| c.status.as_str())
    };
    assert_eq!(status("zhejiang", 2000.00, Some(true)), "eligible");
    assert_eq!(status("zhejiang", 2000.01, Some(true)), "over_plot_limit");
    assert_eq!(status("zhejiang", 7000.01, Some(true)), "none");
    assert_eq!(status("zhejiang", 1500.0, Some(false)), "not_construction_land");
    assert_eq!(status("zhejiang", 1500.0, None), "unknown_construction_land");
    // The words of the definition: less than three mu, and land that is yet to be converted.
    assert_eq!(status("guangdong", 1999.99, Some(false)), "eligible");
    assert_eq!(status("guangdong", 2000.00, Some(false)), "over_plot_limit");
    assert_eq!(status("guangdong", 1500.0, Some(true)), "construction_land");
    assert_eq!(status("guangdong", 1500.0, None), "unknown_construction_land");
    assert_eq!(status("wanzhou", 2000.00, None), "eligible");
    assert_eq!(status("wanzhou", 2000.01, None), "over_plot_limit");
    assert_eq!(status("tianjin", 2000.01, None), "eligible");
    assert_eq!(status("tianjin", 7000.0, None), "eligible");
    assert_eq!(status("national", 7000.0, None), "eligible");
}

#[test]
fn guangdong_refuses_what_is_of_no_kind() {
    let mut city = City::new(southern(&[1600.0]));
    city.rule = rule_of("guangdong");
    city.parcels[0].construction = Some(false);
    city.zones = vec![("river", rectangle(1000.0, 0.0, 10.0, 10.0))];
    let found = city.find();
    assert_eq!((found.status("s00"), found.of("s00").status.refused_by()), ("no_kind", "kinds"));
}

#[test]
fn a_tenth_and_a_ninth_of_the_land() {
    // 90,000 m²: five plots of 1800 m² are a tenth, of 2000 m² a ninth.
    let statuses = |areas_m2: &[f64]| {
        let found = City::new(southern(areas_m2)).find();
        let mut words: Vec<&str> = found.candidates.iter().map(|c| c.status.as_str()).collect();
        words.dedup();
        (words, found.recommended().len())
    };
    assert_eq!(statuses(&[1800.0; 5]), (vec!["eligible"], 5));
    assert_eq!(statuses(&[1800.0, 1800.0, 1800.0, 1800.0, 1800.4]), (vec!["eligible_if_total_includes_slivers"], 4));
    assert_eq!(statuses(&[2000.0; 5]), (vec!["eligible_if_total_includes_slivers"], 4));
    assert_eq!(statuses(&[2000.0, 2000.0, 2000.0, 2000.0, 2000.0, 0.6 * 40.0]), (vec!["over_cumulative"], 5));
}

#[test]
fn the_recommended_plots_follow_the_objective_and_the_denominator() {
    let areas_m2 = [1990.0, 1980.0, 1970.0, 1960.0, 1900.0, 600.0];
    let chosen = |change: &dyn Fn(&mut SliverRules)| {
        let mut city = City::new(southern(&areas_m2));
        change(&mut city.rule);
        let found = city.find();
        assert!(found.candidates.iter().all(|c| c.status == Status::OverCumulative && c.status.refused_by() == "max_total_ratio"));
        found.recommended().join(" ")
    };
    let objective = |objective: Objective| move |rule: &mut SliverRules| rule.selection.as_mut().unwrap().objective = objective;
    // By share of the boundary shared, descending: the flattest plots first, as many as 9,000 m² hold.
    assert_eq!(chosen(&objective(Objective::Priority)), "s01 s02 s03 s04 s05");
    // All are 10,400 m²; leaving out one plot gives at most 8,500 m² within the limit.
    assert_eq!(chosen(&objective(Objective::MaxArea)), "s00 s01 s02 s03 s05");
    assert_eq!(chosen(&objective(Objective::MaxCount)), "s01 s02 s03 s04 s05");
    // A ninth is 10,000 m²: 9,800 m² without the smallest fit.
    let ninth = |rule: &mut SliverRules| {
        let selection = rule.selection.as_mut().unwrap();
        (selection.objective, selection.denominator) = (Objective::MaxArea, crate::rules::Denominator::WithSlivers);
    };
    assert_eq!(chosen(&ninth), "s00 s01 s02 s03 s04");
}

#[test]
fn unknown_land_counts_but_is_not_recommended() {
    let mut plots = southern(&[2000.0; 6]);
    plots[0].construction = None;
    let found = City::new(plots).find();
    assert_eq!(found.status("s00"), "unknown_construction_land");
    assert_eq!(found.of("s00").ratio_core, 12_000.0 / 90_000.0);
    assert_eq!(found.of("s00").recommended, None);
    assert_eq!(found.recommended(), ["s01", "s02", "s03", "s04"]);
}

#[test]
fn the_own_land_of_the_holder_is_a_merger() {
    let mut plots = southern(&[1600.0, 1600.0, 1600.0]);
    (plots[0].holder, plots[1].holder) = (Some("H1"), Some("H2"));
    let mut city = City::new(plots);
    city.projects[0].1 = Some("H1");
    let found = city.find();
    let words: Vec<_> = ["s00", "s01", "s02"].iter().map(|id| (found.status(id), found.of(id).status.refused_by())).collect();
    assert_eq!(words, [("own_holder_merge", "own_holder"), ("eligible", ""), ("eligible", "")]);
    assert_eq!(found.of("s01").ratio_core, 3200.0 / 90_000.0);
    city.projects[0].1 = None;
    assert_eq!(city.find().status("s00"), "eligible");
}

#[test]
fn a_plot_counts_in_the_project_that_it_runs_along_longest() {
    let between = |top_m: f64| {
        // 40 m along P above; below, `top_m` along Q.
        let mut city = City::new(vec![parcel("a", rectangle(100.0, -40.0, 40.0, 40.0))]);
        city.projects.push(("Q", None, vec![rectangle(140.0 - top_m, -140.0, 100.0, 100.0)]));
        let found = city.find();
        let words: Vec<&str> = found.candidates.iter().map(|c| c.status.as_str()).collect();
        let project = found.inventory[2].str().unwrap().get(0).map(str::to_owned);
        (words.join(" "), project.unwrap())
    };
    assert_eq!(between(30.0), ("eligible other_project".to_owned(), "P".to_owned()));
    assert_eq!(between(40.0), ("eligible other_project".to_owned(), "P".to_owned()), "of equals the first by identifier");
}

#[test]
fn the_ledger_and_the_inventory_say_the_same() {
    let found = City::new(southern(&[1600.0, 2400.0])).find();
    let names: Vec<&str> = found.ledger.get_column_names().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(names, crate::model::ledgers::SLIVER_CANDIDATES.iter().map(|column| column.name).collect::<Vec<_>>());
    let text = |name: &str, row: usize| found.ledger.column(name).unwrap().str().unwrap().get(row).map(str::to_owned).unwrap_or_default();
    assert_eq!(
        (text("status", 1), text("refused_by", 1), text("nature", 1)),
        ("over_plot_limit".into(), "max_plot_m2".into(), "small_plot".into())
    );
    assert_eq!(
        (text("supply", 0), text("human", 0)),
        ("same_as_project".into(), "tract-project own-planning-conditions-impossible approval".into())
    );
    assert_eq!((text("selection", 0), text("recommended", 0), text("road_access", 0)), ("all".into(), "yes".into(), "unknown".into()));
    assert_eq!(found.inventory[0].str().unwrap().get(1), Some("over_plot_limit"));
    let decision = found.decisions.row(0).unwrap();
    assert_eq!(decision.verdict, Verdict::Yes);
    let facts: serde_json::Value = serde_json::from_str(&decision.facts()).unwrap();
    assert_eq!((&facts["area_m2"], &facts["max_plot_m2"]), (&1600.0.into(), &2000.0.into()));
    assert!(facts["human"]["approval"].as_str().unwrap().contains("经批准"));
    assert!(found.decisions.row(1).unwrap().reasons().contains("refused by `max_plot_m2`"));
}

#[test]
fn an_area_that_decides_is_told() {
    let mut plots = southern(&[1990.0, 1990.0, 2010.0]);
    (plots[0].registered_m2, plots[1].registered_m2, plots[2].registered_m2) = (Some(2000.01), Some(2000.0), Some(1999.0));
    let found = City::new(plots).find();
    let told: Vec<_> = found.findings.iter().map(|f| (f.code, f.feature_id.clone().unwrap(), f.row)).collect();
    assert_eq!(told, [(Code::SliverAreaFlips, "s00".to_owned(), Some(1)), (Code::SliverAreaFlips, "s02".to_owned(), Some(3))]);
    let expected = "the limit of 2000 m² for a left-over plot depends on the area: registered 2000.01 m² is too much, ellipsoidal 1990.00 m² passes, planar 1990.00 m² passes";
    assert_eq!(found.findings[0].message, expected);
    assert_eq!(found.findings[0].value.as_deref(), Some("registered"));
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let plots = southern(&[1990.0, 1980.0, 1990.0, 1990.0, 1990.0, 1990.0]);
    let mut reversed = plots.clone();
    reversed.reverse();
    let (one, other) = (City::new(plots).find(), City::new(reversed).find());
    let mut sorted = other.recommended();
    sorted.sort_unstable();
    assert_eq!(one.recommended(), sorted);
    assert_eq!(sorted.len(), 4);
}

/// An enclosed plot of 1000 m² in a yard, and partners east of the project.
fn swapping(partners: Vec<Parcel>) -> City {
    let mut yard = rectangle(100.0, 100.0, 25.0, 40.0);
    yard.reverse();
    let mut plots = vec![parcel("x", rectangle(100.0, 100.0, 25.0, 40.0))];
    plots.extend(partners);
    let mut city = City::new(plots);
    city.projects[0].2.push(yard);
    city
}

fn partner(id: &str, x: f64, area_m2: f64) -> Parcel {
    parcel(id, rectangle(x, 0.0, area_m2 / 25.0, 25.0))
}

fn pairs(found: &Found) -> Vec<(&str, &str)> {
    found.swaps.iter().map(|s| (found.ids[s.parcel as usize].as_str(), found.ids[s.partner as usize].as_str())).collect()
}

#[test]
fn a_partner_has_a_similar_area_within_reach() {
    let partners = |list: Vec<Parcel>| swapping(list).find().swaps.len();
    assert_eq!(partners(vec![partner("a", 400.0, 900.0)]), 1, "exactly a tenth less");
    assert_eq!(partners(vec![partner("a", 400.0, 899.9)]), 0);
    assert_eq!(partners(vec![partner("a", 400.0, 1111.0)]), 1);
    assert_eq!(partners(vec![partner("a", 400.0, 1112.0)]), 0);
    assert_eq!(partners(vec![partner("a", 800.0, 1000.0)]), 1, "exactly within reach");
    assert_eq!(partners(vec![partner("a", 800.1, 1000.0)]), 0);
    assert_eq!(partners(vec![partner("a", 300.0, 1000.0)]), 0, "it is a plot beside the project itself");
    let not_building_land = Parcel { construction: Some(false), ..partner("a", 400.0, 1000.0) };
    assert_eq!(partners(vec![not_building_land]), 0);
}

#[test]
fn equal_value_makes_up_for_area() {
    let mut city = swapping(vec![Parcel { value_wan: Some(95.0), ..partner("a", 400.0, 3000.0) }]);
    assert_eq!(city.find().swaps.len(), 0);
    city.parcels[0].value_wan = Some(100.0);
    let found = city.find();
    let swap = found.swaps[0];
    assert_eq!((swap.similar_area, swap.equal_value, swap.value_difference), (false, true, Some(0.05)));
    city.parcels[1].value_wan = Some(89.9);
    assert_eq!(city.find().swaps.len(), 0);
}

#[test]
fn tenures_are_those_of_the_rule_and_one_holder_does_not_swap_with_himself() {
    let tenured = |own: &'static str, theirs: &'static str| {
        let mut city = swapping(vec![Parcel { tenure: Some(theirs), ..partner("a", 400.0, 1000.0) }]);
        city.parcels[0].tenure = Some(own);
        city
    };
    for (own, theirs) in [("state", "state"), ("collective", "collective"), ("state", "collective"), ("collective", "state")] {
        assert_eq!(tenured(own, theirs).find().swaps.len(), 1, "{own} and {theirs}");
    }
    let mut city = tenured("state", "collective");
    city.rule.swap.as_mut().unwrap().tenures.retain(|[a, b]| a == b);
    assert_eq!(city.find().swaps.len(), 0);
    let mut city = tenured("state", "state");
    (city.parcels[0].holder, city.parcels[1].holder) = (Some("H"), Some("H"));
    assert_eq!(city.find().swaps.len(), 0);
}

#[test]
fn the_better_pair_has_the_plot() {
    let mut city = swapping(vec![partner("a", 400.0, 980.0), partner("b", 500.0, 1000.0), partner("c", 600.0, 1000.0)]);
    city.parcels.push(parcel("y", rectangle(100.0, 200.0, 25.0, 40.0)));
    let mut yard = rectangle(100.0, 200.0, 25.0, 40.0);
    yard.reverse();
    city.projects[0].2.push(yard);
    let found = city.find();
    // Both yards want 1000 m²: b is nearer to both, and nearer to x; y gets c.
    assert_eq!(pairs(&found), [("x", "b"), ("y", "c")]);
    assert_eq!(found.swaps.iter().map(|s| s.rank).collect::<Vec<_>>(), [1, 2]);
    // What the project's own holder has goes first, although it is less alike.
    city.projects[0].1 = Some("H");
    city.parcels[1].holder = Some("H");
    assert_eq!(pairs(&city.find())[0], ("x", "a"));
}

#[test]
fn the_swap_ledger_has_its_columns() {
    let found = swapping(vec![partner("a", 400.0, 1000.0)]).find();
    assert_eq!(found.swaps.len(), 1);
    let empty = column(&[]);
    let none = StringChunked::default();
    let (construction, value) = (BooleanChunked::default(), Float64Chunked::default());
    let parcels = Parcels {
        geometry: &empty,
        ids: &[],
        planar_m2: &[],
        ellipsoidal_m2: &[],
        registered_m2: &[],
        perimeter_m: &[],
        declared: Declared { construction: &construction, holder: &none, tenure: &none, value_wan: &value },
    };
    let projects = Projects { geometry: &empty, land_m2: &[], ids: &none, holder: &none };
    let ledger = swap_ledger(&[], parcels, projects, None).unwrap();
    let names: Vec<&str> = ledger.get_column_names().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(names, crate::model::ledgers::SWAP_CANDIDATES.iter().map(|column| column.name).collect::<Vec<_>>());
}
