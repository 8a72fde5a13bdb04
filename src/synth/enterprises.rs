//! Enterprises: who works on which parcel, and their figures of three years.
//!
//! A row is one enterprise, parcel and year; an enterprise's figures are repeated on each of its parcels, as the tables
//! of the offices do. About 4.2 rows a parcel: 1.4 pairs of enterprise and parcel over three years.

use std::fmt::Write as _;

use super::parcels::Parcel;
use super::random::Dice;
use super::whole;

/// The header of the table.
pub(super) const HEADER: &str = "enterprise_id,enterprise_name,parcel_id,year,share,tax_wan,output_wan,invest_wan,value_added_wan,revenue_wan,\
energy_tce,emission_t,rnd_wan,employees,scale,veto\n";

const YEARS: [u16; 3] = [2023, 2024, 2025];
const PAIRS_PER_PARCEL: f64 = 1.42;
const YEAR_MISSING_CHANCE: f64 = 0.012;
const FIGURE_MISSING_CHANCE: f64 = 0.03;
const SCALE_MISSING_CHANCE: f64 = 0.01;
/// Revenue from which an industrial enterprise counts as above scale (规上), in 10,000 CNY.
const ABOVE_SCALE_REVENUE_WAN: f64 = 2000.0;
const MICRO: f64 = 1_000_000.0;

/// Rows of the table as text, with the end of each.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) text: String,
    ends: Vec<usize>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// One row with its line end; empty where there is no such row.
    pub(super) fn row(&self, index: usize) -> &str {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    fn finish_row(&mut self) {
        self.text.push('\n');
        self.ends.push(self.text.len());
    }
}

struct Enterprise<'a> {
    id: String,
    name: String,
    parcels: Vec<&'a Parcel>,
    shares: Vec<Option<f64>>,
    revenue_wan: f64,
    veto: bool,
}

/// The rows of a block's enterprises. Nine parcels in ten have one of their own; the rest fall anywhere.
pub(super) fn of_block(parcels: &[Parcel], block: u64, dice: &mut Dice) -> Rows {
    let wanted = whole::part(parcels.len() as f64 * PAIRS_PER_PARCEL + dice.unit());
    let mut rows = Rows::default();
    let (mut pairs, mut number) = (0, 0_usize);
    while pairs < wanted && !parcels.is_empty() {
        let home = if number < parcels.len() && dice.chance(0.9) { number } else { dice.below(parcels.len()) };
        let enterprise = found(parcels, home, block * 1000 + number as u64, wanted - pairs, dice);
        pairs += enterprise.parcels.len();
        number += 1;
        for year in YEARS {
            if !dice.chance(YEAR_MISSING_CHANCE) {
                write_year(&enterprise, year, dice, &mut rows);
            }
        }
    }
    rows
}

fn found<'a>(parcels: &'a [Parcel], home: usize, number: u64, room: usize, dice: &mut Dice) -> Enterprise<'a> {
    let draw = dice.unit();
    let wanted = if draw < 0.85 { 1 } else { 2 + usize::from(draw > 0.97) };
    let places: Vec<_> = parcels.iter().cycle().skip(home).step_by(1 + dice.below(3)).take(wanted.min(room)).collect();
    let own: Vec<_> = if places.len() > parcels.len() / 3 { places.into_iter().take(1).collect() } else { places };
    let scale = 1.0 - dice.unit();
    Enterprise {
        id: credit_code(number),
        name: company_name(number, dice),
        shares: shares(own.len(), dice),
        parcels: own,
        revenue_wan: 300.0 + 1100.0 / (scale * scale.sqrt()).max(0.002) * dice.between(0.4, 1.0),
        veto: dice.chance(0.006),
    }
}

/// Half of the enterprises with several parcels declare all shares, one in ten only the first.
fn shares(count: usize, dice: &mut Dice) -> Vec<Option<f64>> {
    let draw = dice.unit();
    if count == 1 {
        return vec![(draw < 0.1).then_some(1.0)];
    }
    let first = ten_thousandth(dice.between(0.3, 0.7));
    let other = ten_thousandth((1.0 - first) / (count - 1) as f64);
    let last = ten_thousandth(1.0 - first - other * (count - 2) as f64);
    let known = |index: usize| if index == 0 { draw < 0.6 } else { draw < 0.5 };
    let share = |index: usize| {
        if index == 0 {
            first
        } else if index + 1 == count {
            last
        } else {
            other
        }
    };
    (0..count).map(|index| known(index).then(|| share(index))).collect()
}

fn ten_thousandth(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// The year's figures, the same on every parcel of the enterprise.
fn write_year(enterprise: &Enterprise<'_>, year: u16, dice: &mut Dice, rows: &mut Rows) {
    let revenue_wan = enterprise.revenue_wan * dice.between(0.85, 1.2);
    let value_added_wan = revenue_wan * dice.between(0.15, 0.35);
    let figures = [
        (revenue_wan * dice.between(0.01, 0.08), 2),
        (revenue_wan * dice.between(0.9, 1.1), 2),
        (revenue_wan * dice.between(0.0, 0.3), 2),
        (value_added_wan, 2),
        (revenue_wan, 2),
        (revenue_wan * dice.between(0.01, 0.1), 2),
        (revenue_wan * dice.between(0.0, 0.004), 3),
        (if dice.chance(0.3) { 0.0 } else { revenue_wan * dice.between(0.005, 0.06) }, 2),
        ((revenue_wan * dice.between(0.004, 0.02)).ceil(), 0),
    ];
    let shown: Vec<String> = figures.iter().map(|&(value, digits)| figure(value, digits, dice)).collect();
    let scale = match enterprise.revenue_wan {
        _ if dice.chance(SCALE_MISSING_CHANCE) => "",
        ABOVE_SCALE_REVENUE_WAN.. => "above",
        _ => "below",
    };
    for (parcel, share) in enterprise.parcels.iter().zip(&enterprise.shares) {
        let share = share.map(|share| share.to_string()).unwrap_or_default();
        let (id, name, place) = (&enterprise.id, &enterprise.name, &parcel.parcel_id);
        // Writing into a `String` cannot fail.
        let _ = write!(rows.text, "{id},{name},{place},{year},{share},{},{scale},{}", shown.join(","), enterprise.veto);
        rows.finish_row();
    }
}

/// A figure with its digits, or nothing where the register has a gap.
fn figure(value: f64, digits: usize, dice: &mut Dice) -> String {
    if dice.chance(FIGURE_MISSING_CHANCE) {
        return String::new();
    }
    format!("{:.digits$}", (value * MICRO).round() / MICRO)
}

/// A unified social credit code: unique for each number below 31⁹, with its check character.
fn credit_code(number: u64) -> String {
    const BODIES: u128 = 31_u128.pow(9);
    let mut scattered = (u128::from(number) * 11_400_714_819_323 + 7_046_029_254_386) % BODIES;
    let mut body = [b'0'; 9];
    for digit in body.iter_mut().rev() {
        *digit = symbol(usize::try_from(scattered % 31).unwrap_or(0));
        scattered /= 31;
    }
    let mut code: String = "91330182".to_owned();
    code.extend(body.iter().map(|&byte| char::from(byte)));
    let check = check_symbol(&code);
    code.push(char::from(check));
    code
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

fn symbol(value: usize) -> u8 {
    ALPHABET.get(value).copied().unwrap_or(b'0')
}

/// The check character of GB 32100: 31 − Σ value × 3^i modulo 31.
fn check_symbol(code: &str) -> u8 {
    let values = code.bytes().map(|byte| ALPHABET.iter().position(|&known| known == byte).unwrap_or(0));
    let (sum, _) = values.fold((0, 1), |(sum, weight), value| (sum + value * weight, weight * 3 % 31));
    symbol((31 - sum % 31) % 31)
}

fn company_name(number: u64, dice: &mut Dice) -> String {
    const FIRST: [&str; 12] = ["华", "宏", "恒", "金", "利", "荣", "瑞", "盛", "泰", "兴", "永", "中"];
    const SECOND: [&str; 12] = ["达", "丰", "光", "辉", "科", "隆", "马", "诺", "盛", "通", "源", "正"];
    const TRADES: [&str; 10] = ["纺织", "服装", "塑料", "化工", "金属制品", "机械", "汽车配件", "电气", "电子", "仪器"];
    let (first, second) = (dice.pick(&FIRST).unwrap_or("华"), dice.pick(&SECOND).unwrap_or("达"));
    let trade = dice.pick(&TRADES).unwrap_or("机械");
    format!("{first}{second}{trade}{}有限公司", number % 97 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The valid code of the standard's own example.
    #[test]
    fn check_character_follows_the_standard() {
        assert_eq!(check_symbol("91350100M000100Y4"), b'3');
    }

    #[test]
    fn shares_of_an_enterprise_add_up_to_one() {
        for stream in 0..200 {
            let mut dice = Dice::new(7, stream);
            let shares = shares(2 + dice.below(2), &mut dice);
            if shares.iter().all(Option::is_some) {
                let sum: f64 = shares.iter().flatten().sum();
                assert!((sum - 1.0).abs() < 1e-9, "{shares:?}");
            }
        }
    }
}
