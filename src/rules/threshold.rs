//! Thresholds: conditions that compare a number or a day with another, so that one can say how far a parcel is from them.

/// A comparison of two quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// What is compared.
    pub left: Quantity,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub right: Quantity,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// The first known of these columns.
    Columns(Vec<String>),
}

/// How two quantities are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Comparison {
    /// Whether `left` and `right` compare so.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::AtLeast => left >= right,
            Self::More => left > right,
        }
    }
}

impl Threshold {
    /// Reads a condition of the form `column >= number`, `coalesce(a, b) < c` or `day <= as_of`; none where it has another form.
    ///
    /// ```
    /// use mujun::rules::{Comparison, Quantity, Threshold};
    /// let threshold = Threshold::parse("idle_years >= 2").unwrap();
    /// assert_eq!(threshold.left, Quantity::Columns(vec!["idle_years".into()]));
    /// assert_eq!((threshold.comparison, threshold.right), (Comparison::AtLeast, Quantity::Number(2.0)));
    /// assert_eq!(Threshold::parse("tenure = 'state'"), None);
    /// ```
    #[must_use]
    pub fn parse(condition: &str) -> Option<Self> {
        const SIGNS: [(&str, Comparison); 4] =
            [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost), (">", Comparison::More), ("<", Comparison::Less)];
        let (sign, comparison) = SIGNS.into_iter().find(|(sign, _)| condition.contains(sign))?;
        let (left, right) = condition.split_once(sign)?;
        Some(Self { left: quantity(left)?, comparison, right: quantity(right)? })
    }
}

fn quantity(text: &str) -> Option<Quantity> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(Quantity::Number(number));
    }
    let listed = text.strip_prefix("coalesce").and_then(|list| list.trim().strip_prefix('(')?.strip_suffix(')'));
    let columns: Vec<String> = listed.unwrap_or(text).split(',').map(|name| name.trim().to_owned()).collect();
    (listed.is_some() || columns.len() == 1).then_some(())?;
    columns.iter().all(|name| is_column(name)).then_some(Quantity::Columns(columns))
}

fn is_column(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_of_quantities_are_thresholds_and_nothing_else_is() {
        let columns = |names: &[&str]| Quantity::Columns(names.iter().map(ToString::to_string).collect());
        let far = Threshold::parse("coalesce(far_proposed, far) <= far_contract").unwrap();
        assert_eq!(
            far,
            Threshold { left: columns(&["far_proposed", "far"]), comparison: Comparison::AtMost, right: columns(&["far_contract"]) }
        );
        let term = Threshold::parse("term_end <= as_of").unwrap();
        assert_eq!((term.left, term.right), (columns(&["term_end"]), columns(&["as_of"])));
        let share = Threshold::parse("share_town_boundary > 0.5").unwrap();
        assert_eq!((share.comparison, share.right), (Comparison::More, Quantity::Number(0.5)));
        let others = [
            "far",
            "far = 2",
            "far <> 2",
            "works_started = FALSE AND contract_start_due < as_of",
            "far + 1 > 2",
            "a > 1 OR b > 2",
            "owners, far > 2",
        ];
        for other in others {
            assert_eq!(Threshold::parse(other), None, "{other}");
        }
    }

    #[test]
    fn ends_are_as_written() {
        let held = |comparison: Comparison| [1.9, 2.0, 2.1].map(|left| comparison.holds(left, 2.0));
        assert_eq!(held(Comparison::Less), [true, false, false]);
        assert_eq!(held(Comparison::AtMost), [true, true, false]);
        assert_eq!(held(Comparison::AtLeast), [false, true, true]);
        assert_eq!(held(Comparison::More), [false, false, true]);
    }
}
