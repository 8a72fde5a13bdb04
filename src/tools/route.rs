//! One route for all parcels: the answers of its conditions become one number in base three, and each number that occurs one pattern.

use crate::model::Pattern;
use crate::rules::{Answers, Route, ToolboxRules};

use super::pattern::{self, Facts};

/// Parcels whose numbers are made at a time, so that they stay in the fastest memory.
const BLOCK: usize = 8192;
/// An answer has three values.
const BASE: usize = 3;

/// What a route says of every parcel.
pub(super) struct Matched {
    /// The pattern of each parcel.
    pub numbers: Vec<u16>,
    /// The patterns that occur, in the order of their answers.
    pub patterns: Vec<Pattern>,
}

/// Matches every parcel with a route.
pub(super) fn apply(rules: &ToolboxRules, route: &Route, (answers, rows): (&[Answers], usize), facts: &Facts<'_>) -> Matched {
    let conditions = route.conditions();
    let mut numbers = codes(&conditions, answers, rows);
    let mut places = occurring(&numbers, BASE.pow(u32::try_from(conditions.len()).unwrap_or(0)));
    let mut patterns = Vec::new();
    for (code, place) in places.iter_mut().enumerate().filter(|(_, place)| **place != 0) {
        *place = u16::try_from(patterns.len()).unwrap_or(u16::MAX);
        patterns.push(pattern::describe(rules, route, &decode(code, &conditions), facts));
    }
    for number in &mut numbers {
        *number = places.get(usize::from(*number)).copied().unwrap_or_default();
    }
    Matched { numbers, patterns }
}

/// The answers of a parcel as the digits of a number, the first condition last.
fn codes(conditions: &[usize], answers: &[Answers], rows: usize) -> Vec<u16> {
    let mut codes = vec![0_u16; rows];
    for (block, codes) in codes.chunks_mut(BLOCK).enumerate() {
        let mut weight = 1_u16;
        for answers in conditions.iter().filter_map(|condition| answers.get(*condition)) {
            match answers {
                Answers::Same(answer) => {
                    let digit = u16::from(crate::rules::number_of(*answer)) * weight;
                    codes.iter_mut().for_each(|code| *code += digit);
                }
                Answers::Each(answers) => {
                    let own = answers.get(block * BLOCK..).unwrap_or_default();
                    codes.iter_mut().zip(own).for_each(|(code, answer)| *code += u16::from(*answer) * weight);
                }
            }
            weight = weight.saturating_mul(3);
        }
    }
    codes
}

/// For each number below `most` whether it occurs: 1 or 0.
fn occurring(codes: &[u16], most: usize) -> Vec<u16> {
    let mut occurs = vec![0_u16; most];
    for code in codes {
        if let Some(slot) = occurs.get_mut(usize::from(*code)) {
            *slot = 1;
        }
    }
    occurs
}

/// The conditions of a route with the answers that a number stands for.
fn decode(code: usize, conditions: &[usize]) -> Vec<(usize, u8)> {
    let mut rest = code;
    conditions
        .iter()
        .map(|condition| {
            let digit = u8::try_from(rest % BASE).unwrap_or_default();
            rest /= BASE;
            (*condition, digit)
        })
        .collect()
}
