//! What a layer or table seems to be: parcels, buildings, zones, projects or enterprises, by its name and by the fields that its columns give.

use super::{Problem, columns};
use crate::model::Code;
use crate::read::Role;
use crate::read::survey::LayerSurvey;
use crate::say;

/// The score of a name.
const NAME: u32 = 10;
/// The score of a column of a field.
const FIELD: u32 = 2;
/// Fields that count: a table of fifty is no likelier than one of ten.
const MOST_FIELDS: u32 = 10;
/// How much the likeliest must be ahead of the next to be clear.
const AHEAD: u32 = 3;

/// Words in names of files and layers, in small letters.
const WORDS: &[(Role, &[&str])] = &[
    (Role::Enterprises, &["enterprise", "企业", "税", "qiye", "qyxx", "company", "亩均"]),
    (Role::Buildings, &["building", "建筑", "房屋", "zrz", "自然幢", "fangwu", "jzw"]),
    (Role::Projects, &["project", "项目", "更新单元", "改造"]),
    (Role::Zones, &["zon", "边界", "红线", "控制线", "区块", "留白", "czkfbj", "yjjbnt", "stbhhx", "block", "boundary", "规划"]),
    (Role::Parcels, &["parcel", "宗地", "地块", "zongdi", "dikuai", "zd", "lot"]),
];

/// Fields that several roles share, which tell none of them apart.
const SHARED: [&str; 3] = ["zone_name", "project_name", "industry"];

/// The roles that a layer can have, the likeliest first, with score and evidence.
pub(super) fn of(file: &str, layer: &LayerSurvey) -> Vec<(Role, u32, String)> {
    let mut roles: Vec<(Role, u32, String)> = WORDS.iter().filter_map(|(role, words)| score(file, layer, *role, words)).collect();
    roles.sort_by_key(|(_, score, _)| std::cmp::Reverse(*score));
    roles
}

fn score(file: &str, layer: &LayerSurvey, role: Role, words: &[&str]) -> Option<(Role, u32, String)> {
    let has_polygons = layer.shapes.as_ref().is_some_and(|s| s.polygons() > 0);
    let is_table = layer.shapes.is_none();
    let (fields, lacking) = columns::plan(file, layer, role);
    let stem = std::path::Path::new(file).file_stem().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = layer.name.to_lowercase();
    // The name of a layer says more than that of a file of several.
    let word = words
        .iter()
        .find(|w| name.contains(**w))
        .map(|w| (*w, NAME))
        .or_else(|| words.iter().find(|w| stem.contains(**w)).map(|w| (*w, NAME - 2)));
    let is_possible = match role {
        Role::Enterprises => is_table && lacking.is_empty(),
        Role::Buildings => has_polygons || (is_table && declares_floor_area(&fields)),
        Role::Zones => has_polygons,
        Role::Corrections | Role::Waivers => false,
        Role::Parcels | Role::Projects => has_polygons && (lacking.is_empty() || word.is_some()),
    };
    let telling: Vec<&str> = fields
        .iter()
        .map(|f| f.field.name.as_str())
        .filter(|f| !SHARED.contains(f) && (role != Role::Buildings || *f != "parcel_id"))
        .collect();
    let points = u32::try_from(telling.len()).unwrap_or(0).min(MOST_FIELDS) * FIELD;
    let kinds = u32::from(role == Role::Zones && layer.columns.iter().any(|c| is_kind_column(&c.name))) * 2 * FIELD;
    let named = word.map_or(0, |(_, points)| points);
    let floor = u32::from(role == Role::Zones);
    let total = points + kinds + named + floor;
    if !is_possible || (total == 0) || (role == Role::Buildings && points + named == 0) {
        return None;
    }
    let mut evidence = Vec::new();
    evidence.extend(word.map(|(word, _)| say!("`{word}` in its name", word)));
    if !telling.is_empty() {
        evidence.push(say!("columns for {fields}", fields = telling.join(", ")));
    }
    if kinds > 0 {
        evidence.push(say!("a column of kinds"));
    }
    if evidence.is_empty() {
        evidence.push(say!("polygons without any other sign"));
    }
    Some((role, total, evidence.join(&say!("; "))))
}

/// Whether a table without geometry has what a register of buildings has.
fn declares_floor_area(fields: &[columns::ColumnRole]) -> bool {
    let has = |name: &str| fields.iter().any(|f| f.field.name == name);
    has("parcel_id") && (has("floor_area_m2") || has("footprint_m2"))
}

/// Whether a column tells kinds of zones apart, by its name.
pub(super) fn is_kind_column(name: &str) -> bool {
    let plain = name.trim().to_lowercase();
    matches!(
        plain.as_str(),
        "kind" | "zone_kind" | "zonekind" | "type" | "zone_type" | "类型" | "类别" | "区域类型" | "lx" | "qylx" | "lb" | "zone_class"
    )
}

/// What is doubtful about the role.
pub(super) fn problems(roles: &[(Role, u32, String)], driver: &str) -> Vec<Problem> {
    let fix = say!("say what it is by the section of the job file that names it");
    match roles {
        [] if driver == "prj" => Vec::new(),
        [] => {
            let evidence = say!("no known name, no column of a known field, or no polygons");
            vec![Problem::new(Code::RoleUnclear, say!("what it is could not be worked out"), evidence, fix)]
        }
        [(first, score, why), (second, next, other), ..] if score - next < AHEAD => {
            let (first, second) = (first.word(), second.word());
            let message = say!("it could be {first} or {second}", first, second);
            vec![Problem::new(Code::RoleUnclear, message, say!("{first}: {why}; {second}: {other}", first, why, second, other), fix)]
        }
        [(first, score, why), ..] if *score < AHEAD => {
            vec![Problem::new(Code::RoleUnclear, say!("it may be {role}", role = first.word()), why.as_str(), fix)]
        }
        _ => Vec::new(),
    }
}
