//! A sweep: one number of a rule, tried at several values.

use crate::say;

/// A number of a rule by its dotted key, and the values to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Kind of rule and dotted key: `slivers.max_plot_m2`.
    pub key: String,
    /// The values, in the order in which they are tried.
    pub values: Vec<f64>,
}

/// The most values of a sweep: more are a slip of the pen.
const MOST_VALUES: f64 = 1024.0;

impl std::str::FromStr for Sweep {
    type Err = String;

    /// `KEY=FROM..TO:STEP`, both ends included, or `KEY=A,B,C`.
    ///
    /// ```
    /// use mujun::model::Sweep;
    /// let sweep: Sweep = "slivers.max_total_ratio=0.1..0.3:0.1".parse().unwrap();
    /// assert_eq!(sweep.values, [0.1, 0.2, 0.3]);
    /// assert_eq!("x.y=1,5".parse::<Sweep>().unwrap().values, [1.0, 5.0]);
    /// assert!("x.y=1..5".parse::<Sweep>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, values) = text.split_once('=').ok_or_else(|| say!("write KEY=FROM..TO:STEP or KEY=A,B,C"))?;
        let number =
            |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| say!("`{text}` is no number", text));
        let values = match values.split_once("..") {
            None => values.split(',').map(number).collect::<Result<_, _>>()?,
            Some((from, rest)) => {
                let (to, step) = rest.split_once(':').ok_or_else(|| say!("write the step after a colon: FROM..TO:STEP"))?;
                steps(number(from)?, number(to)?, number(step)?)?
            }
        };
        Ok(Self { key: key.trim().to_owned(), values })
    }
}

/// The values from the first to the last; each is written as it would be by hand, not as a sum of steps.
fn steps(from: f64, to: f64, step: f64) -> Result<Vec<f64>, String> {
    if step.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) || to < from {
        return Err(say!("the step must be more than 0, and the end not before the beginning"));
    }
    let last = ((to - from) / step + 1e-9).floor();
    if last >= MOST_VALUES {
        return Err(say!("that is more than {most} values", most = MOST_VALUES));
    }
    let at = std::iter::successors(Some(0.0), |at| Some(at + 1.0)).take_while(|at| *at <= last);
    Ok(at.map(|at| format!("{:.12}", from + at * step).parse().unwrap_or(from + at * step)).collect())
}
