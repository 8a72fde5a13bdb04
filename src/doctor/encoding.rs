//! What is doubtful about the encoding of text.

use super::Problem;
use crate::model::Code;
use crate::read::survey::LayerSurvey;
use crate::read::{Decided, Role, fields::catalogue};
use crate::say;

/// Below this an encoding is worth a question.
const CERTAIN: f64 = 0.6;
/// Bytes of a DBF name.
const NAME_BYTES: usize = 10;

/// What is wrong with the text of a layer.
pub(super) fn problems(layer: &LayerSurvey) -> Vec<Problem> {
    let mut problems: Vec<Problem> = layer.columns.iter().filter(|c| c.is_cut).map(|c| cut(&c.name)).collect();
    for column in layer.columns.iter().filter(|c| !c.fits) {
        let evidence = match column.encoding {
            Some((name, _)) => say!("by itself it would be {name}", name),
            None => say!("by itself it fits no encoding"),
        };
        let message = say!("cells of the column are not in the encoding of the layer");
        problems
            .push(Problem::new(Code::EncodingUnknown, message, evidence, say!("export the table again in one encoding")).of(&column.name));
    }
    let Some(encoding) = &layer.encoding else { return problems };
    let Some(name) = encoding.name else {
        let evidence = say!("{bytes} bytes beyond ASCII", bytes = encoding.beyond_ascii);
        let fix = say!("find out who made the file with which program, and state it: `encoding = \"…\"`");
        problems.push(Problem::new(Code::EncodingUnknown, say!("the text fits no encoding that is known"), evidence, fix));
        return problems;
    };
    let percent = format!("{:.0}", 100.0 * encoding.confidence);
    for declared in encoding.declared.iter().filter(|_| encoding.beyond_ascii > 0) {
        // A language byte that names nothing, as 0x57 (`current ANSI`), is not wrong.
        let is_other = declared.encoding.map_or(declared.by == Decided::Cpg, |e| e.name() != name);
        if is_other {
            let said = declared.encoding.map_or(say!("a name that is not known"), |e| e.name().to_owned());
            let label = &declared.label;
            let message = if declared.by == Decided::Cpg {
                say!("the `.cpg` file says `{label}` ({said}), the text is {name}", label, said, name)
            } else {
                say!("the language byte of the DBF says `{label}` ({said}), the text is {name}", label, said, name)
            };
            let evidence = say!("{bytes} bytes beyond ASCII; confidence {percent} %", bytes = encoding.beyond_ascii, percent);
            let fix = say!("write `{name}` into a `.cpg` file beside it, or state `encoding = \"{name}\"` in the job", name);
            problems.push(Problem::new(Code::EncodingWrong, message, evidence, fix));
        }
    }
    if encoding.confidence < CERTAIN {
        let message = say!("the text seems to be {name}", name);
        let evidence = say!(
            "{bytes} bytes beyond ASCII, nothing that declares their encoding; confidence {percent} %",
            bytes = encoding.beyond_ascii,
            percent
        );
        let fix = say!("look at the names below; if they are right, state `encoding = \"{name}\"`", name);
        problems.push(Problem::new(Code::EncodingUncertain, message, evidence, fix));
    }
    problems
}

/// A name that a DBF cut; what it was, as far as known names say.
fn cut(name: &str) -> Problem {
    let roles = [Role::Parcels, Role::Buildings, Role::Zones, Role::Projects, Role::Enterprises];
    let plain = name.trim().to_lowercase();
    let aliases = roles.into_iter().flat_map(catalogue).flat_map(|f| f.aliases.iter().map(|a| a.plain.as_str()));
    let mut meant: Vec<&str> = aliases.filter(|a| !plain.is_empty() && a.starts_with(&plain) && a.len() > plain.len()).collect();
    meant.sort_unstable();
    meant.dedup();
    let fix = match meant.as_slice() {
        [] => say!("say which field it is under `fields`, or export under names of at most five Chinese characters"),
        known => say!("it could be `{names}`; say which field it is under `fields`", names = known.join("`, `")),
    };
    let evidence = say!("`{name}` ends in the middle of a character; a DBF keeps {bytes} bytes of a name", name, bytes = NAME_BYTES);
    Problem::new(Code::NameCut, say!("the name of the column was cut"), evidence, fix).of(name)
}
