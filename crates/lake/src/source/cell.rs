//! One cell: bytes of a file become a value, or the reason why not.

use crate::refused::RowRefused;
use crate::schema::Sign;
use units::Date;

/// How a file writes dates (日期格式): `%Y-%m-%d` unless the mapping says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    /// Two digits: 69 to 99 are the last century's.
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Literal(u8),
}

/// In what unit a file writes money (金额单位).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyUnit {
    #[default]
    Yuan,
    Fen,
    /// Ten thousand yuan (万元).
    Wan,
}

/// The longest text a field may hold, in bytes.
pub const LONGEST_TEXT: usize = 4096;
/// Ten trillion yuan: more is a misplaced decimal point.
const LARGEST_FEN: i64 = 1_000_000_000_000_000;
const SECONDS_A_DAY: i64 = 86_400;
/// 1900-01-01 and 2200-12-31.
const DAYS: std::ops::RangeInclusive<i32> = -25_567..=84_371;

impl DateFormat {
    /// Reads `%Y`, `%y`, `%m`, `%d`, `%H`, `%M`, `%S`, `%%` and literal characters.
    pub fn parse(format: &str) -> Result<DateFormat, String> {
        let mut parts = Vec::new();
        let mut bytes = format.bytes();
        while let Some(byte) = bytes.next() {
            parts.push(match byte {
                b'%' => match bytes.next() {
                    Some(b'Y') => Part::Year,
                    Some(b'y') => Part::ShortYear,
                    Some(b'm') => Part::Month,
                    Some(b'd') => Part::Day,
                    Some(b'H') => Part::Hour,
                    Some(b'M') => Part::Minute,
                    Some(b'S') => Part::Second,
                    Some(b'%') => Part::Literal(b'%'),
                    _ => return Err(format!("{format} is no date format: use %Y %y %m %d %H %M %S")),
                },
                literal => Part::Literal(literal),
            });
        }
        let has = |part| parts.contains(&part);
        if !(has(Part::Year) || has(Part::ShortYear)) || !has(Part::Month) || !has(Part::Day) {
            return Err(format!("{format} lacks a year, a month or a day"));
        }
        Ok(DateFormat(parts))
    }

    /// Seconds since 1970-01-01 00:00:00.
    fn seconds(&self, text: &[u8]) -> Option<i64> {
        let (mut year, mut month, mut day, mut time, mut rest) = (0, 0, 0, 0, text);
        for part in &self.0 {
            let mut take = |most: usize| -> Option<i64> {
                let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
                let (number, after) = rest.split_at(digits);
                rest = after;
                (digits > 0).then(|| number.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
            };
            match part {
                Part::Year => year = take(4)?,
                Part::ShortYear => year = take(2).map(|short| if short < 69 { 2000 + short } else { 1900 + short })?,
                Part::Month => month = take(2)?,
                Part::Day => day = take(2)?,
                Part::Hour => time += take(2).filter(|&hour| hour < 24)? * 3600,
                Part::Minute => time += take(2).filter(|&minute| minute < 60)? * 60,
                Part::Second => time += take(2).filter(|&second| second < 60)?,
                Part::Literal(byte) => rest = rest.strip_prefix(&[*byte])?,
            }
        }
        let date = Date::from_ymd(year as i32, month as u32, day as u32).ok()?;
        rest.is_empty().then_some(i64::from(date.day_number()) * SECONDS_A_DAY + time)
    }
}

/// A day number; `YYYY-MM-DD` unless a format is given.
pub fn day(text: &[u8], format: Option<&DateFormat>) -> Result<i32, RowRefused> {
    let day = match format {
        None => iso_day(text).ok_or(RowRefused::BadDate)?,
        Some(format) => (format.seconds(text).ok_or(RowRefused::BadDate)? / SECONDS_A_DAY) as i32,
    };
    day_in_range(day)
}

/// Seconds since 1970; `YYYY-MM-DD`, alone or followed by a blank or `T` and `HH:MM[:SS]`.
pub fn seconds(text: &[u8], format: Option<&DateFormat>) -> Result<i64, RowRefused> {
    if let Some(seconds) = format.and_then(|format| format.seconds(text)) {
        return seconds_in_range(seconds);
    }
    let (date, time) = text.split_at_checked(10).ok_or(RowRefused::BadDate)?;
    let day = iso_day(date).ok_or(RowRefused::BadDate)?;
    let time = time_of_day(time).ok_or(RowRefused::BadDate)?;
    seconds_in_range(i64::from(day) * SECONDS_A_DAY + time)
}

fn iso_day(text: &[u8]) -> Option<i32> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *text else { return None };
    let digits = [a, b, c, d, e, f, g, h].map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let [a, b, c, d, e, f, g, h] = digits;
    if digits.iter().any(|&digit| digit > 9) {
        return None;
    }
    let date = Date::from_ymd((a * 1000 + b * 100 + c * 10 + d) as i32, e * 10 + f, g * 10 + h).ok()?;
    Some(date.day_number())
}

fn time_of_day(text: &[u8]) -> Option<i64> {
    let two = |a: u8, b: u8, below: i64| {
        let value = i64::from(a.wrapping_sub(b'0')) * 10 + i64::from(b.wrapping_sub(b'0'));
        (a.is_ascii_digit() && b.is_ascii_digit() && value < below).then_some(value)
    };
    match *text {
        [] => Some(0),
        [b' ' | b'T', a, b, b':', c, d] => Some(two(a, b, 24)? * 3600 + two(c, d, 60)? * 60),
        [b' ' | b'T', a, b, b':', c, d, b':', e, f] => Some(two(a, b, 24)? * 3600 + two(c, d, 60)? * 60 + two(e, f, 60)?),
        _ => None,
    }
}

pub fn day_in_range(day: i32) -> Result<i32, RowRefused> {
    if DAYS.contains(&day) { Ok(day) } else { Err(RowRefused::DateOutOfRange) }
}

pub fn seconds_in_range(seconds: i64) -> Result<i64, RowRefused> {
    match i32::try_from(seconds.div_euclid(SECONDS_A_DAY)) {
        Ok(day) if DAYS.contains(&day) => Ok(seconds),
        _ => Err(RowRefused::DateOutOfRange),
    }
}

/// Whole fen from a decimal in `unit`.
pub fn fen(text: &[u8], unit: MoneyUnit, sign: Sign) -> Result<i64, RowRefused> {
    let places = match unit {
        MoneyUnit::Fen => 0,
        MoneyUnit::Yuan => 2,
        MoneyUnit::Wan => 6,
    };
    fen_allowed(decimal(text, places, RowRefused::BadAmount, RowRefused::AmountTooLarge)?, sign)
}

pub fn fen_allowed(fen: i64, sign: Sign) -> Result<i64, RowRefused> {
    match sign {
        _ if !(-LARGEST_FEN..=LARGEST_FEN).contains(&fen) => Err(RowRefused::AmountTooLarge),
        Sign::NotNegative | Sign::Positive if fen < 0 => Err(RowRefused::NegativeAmount),
        Sign::Positive if fen == 0 => Err(RowRefused::AmountMustBePositive),
        _ => Ok(fen),
    }
}

/// Parts per million from a yearly decimal.
pub fn ppm(text: &[u8]) -> Result<i64, RowRefused> {
    ppm_allowed(decimal(text, 6, RowRefused::BadNumber, RowRefused::RateOutOfRange)?)
}

pub fn ppm_allowed(ppm: i64) -> Result<i64, RowRefused> {
    if (0..=1_000_000).contains(&ppm) { Ok(ppm) } else { Err(RowRefused::RateOutOfRange) }
}

pub fn whole(text: &[u8]) -> Result<i32, RowRefused> {
    let number = decimal(text, 0, RowRefused::BadNumber, RowRefused::BadNumber).map_err(|_| RowRefused::BadNumber)?;
    whole_allowed(number)
}

pub fn whole_allowed(number: i64) -> Result<i32, RowRefused> {
    i32::try_from(number).ok().filter(|&number| number >= 0).ok_or(RowRefused::BadNumber)
}

pub fn yes_no(text: &[u8]) -> Result<bool, RowRefused> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is(["true", "1", "yes", "y"]) {
        Ok(true)
    } else if is(["false", "0", "no", "n"]) {
        Ok(false)
    } else {
        Err(RowRefused::BadYesNo)
    }
}

/// `text × 10^places`, exactly; separators only between the digits before the point.
fn decimal(text: &[u8], places: u32, bad: RowRefused, too_large: RowRefused) -> Result<i64, RowRefused> {
    if let Some(value) = plain_decimal(text, places) {
        return Ok(value);
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut value, mut seen_places, mut point, mut any) = (0i64, 0u32, false, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                any = true;
                if point {
                    if seen_places == places {
                        if byte == b'0' {
                            continue; // 1.2300 is still whole fen
                        }
                        return Err(RowRefused::TooManyDecimals);
                    }
                    seen_places += 1;
                }
                value = value
                    .checked_mul(10)
                    .and_then(|value| value.checked_add(i64::from(byte - b'0')))
                    .ok_or(too_large)?;
            }
            b'.' if !point => point = true,
            b',' if any && !point => {}
            _ => return Err(bad),
        }
    }
    if !any {
        return Err(bad);
    }
    let value = value.checked_mul(10i64.pow(places - seen_places)).ok_or(too_large)?;
    Ok(if negative { -value } else { value })
}

/// The same for the short and plain, which nearly all are: digits, at most one point, nothing to round or refuse.
fn plain_decimal(text: &[u8], places: u32) -> Option<i64> {
    const LONGEST: usize = 12;
    const POWERS: [i64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    if text.len() > LONGEST || !text.first()?.is_ascii_digit() {
        return None;
    }
    let (mut value, mut point) = (0, None);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let seen_places = point.map_or(0, |at| text.len() - at - 1);
    let missing = (places as usize).checked_sub(seen_places)?;
    Some(value * POWERS.get(missing)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_decimals_are_read_as_long_ones_are() {
        let parts = ["", "0", "1", "12", "00", ".", "9", ".5", "-", ",", "e", "7."];
        let texts = parts.iter().flat_map(|a| parts.iter().flat_map(move |b| parts.map(|c| format!("{a}{b}{c}"))));
        for text in texts.filter(|text| text.starts_with(|first: char| first.is_ascii_digit())) {
            for places in [0, 2, 6] {
                let read = |text: &str| decimal(text.as_bytes(), places, RowRefused::BadAmount, RowRefused::AmountTooLarge);
                assert_eq!(read(&text), read(&format!("0000000000000{text}")), "{text} to {places} places");
            }
        }
    }

    #[test]
    fn amounts_in_every_unit_or_the_reason_why_not() {
        use {MoneyUnit::*, RowRefused::*, Sign::*};
        let check = |text: &str, unit, sign, expect| assert_eq!(fen(text.as_bytes(), unit, sign), expect, "{text}");
        check("1234.5", Yuan, Positive, Ok(123_450));
        check("1,234.5600", Yuan, Positive, Ok(123_456));
        check("123456", Fen, Positive, Ok(123_456));
        check("1.5", Wan, Positive, Ok(1_500_000));
        check("-0.01", Yuan, Any, Ok(-1));
        check("-0.01", Yuan, NotNegative, Err(NegativeAmount));
        check("0.00", Yuan, Positive, Err(AmountMustBePositive));
        check("0.001", Yuan, Positive, Err(TooManyDecimals));
        check("0.5", Fen, Positive, Err(TooManyDecimals));
        check("1e3", Yuan, Positive, Err(BadAmount));
        check("1.2.3", Yuan, Positive, Err(BadAmount));
        check("-", Yuan, Positive, Err(BadAmount));
        check("99999999999999", Yuan, Positive, Err(AmountTooLarge));
        check("99999999999999999999", Yuan, Positive, Err(AmountTooLarge));
    }

    #[test]
    fn dates_in_every_format_or_the_reason_why_not() {
        let check = |text: &str, format: &str, expect: Result<&str, RowRefused>| {
            let format = (!format.is_empty()).then(|| DateFormat::parse(format).unwrap());
            let found = day(text.as_bytes(), format.as_ref()).map(|day| Date::new(day).to_string());
            assert_eq!(found, expect.map(str::to_owned), "{text}");
        };
        check("2026-02-28", "", Ok("2026-02-28"));
        check("2026-02-29", "", Err(RowRefused::BadDate));
        check("2026-2-8", "", Err(RowRefused::BadDate));
        check("2026/02/28", "", Err(RowRefused::BadDate));
        check("2026/2/8", "%Y/%m/%d", Ok("2026-02-08"));
        check("930705", "%y%m%d", Ok("1993-07-05"));
        check("20260228", "%Y%m%d", Ok("2026-02-28"));
        check("9999-12-31", "", Err(RowRefused::DateOutOfRange));
        assert!(DateFormat::parse("%Y-%m").is_err());
        assert!(DateFormat::parse("%Q").is_err());
    }

    #[test]
    fn times_rates_counts_and_answers() {
        let at = |text: &str| seconds(text.as_bytes(), None);
        assert_eq!(at("1970-01-02 01:02:03"), Ok(86_400 + 3_723));
        assert_eq!(at("1970-01-02T01:02"), Ok(86_400 + 3_720));
        assert_eq!(at("1970-01-02"), Ok(86_400));
        assert_eq!(at("1970-01-02 25:00"), Err(RowRefused::BadDate));
        assert_eq!(ppm(b"0.0435"), Ok(43_500));
        assert_eq!(ppm(b"4.35"), Err(RowRefused::RateOutOfRange));
        assert_eq!(ppm(b"0.00000001"), Err(RowRefused::TooManyDecimals));
        assert_eq!(ppm(b"-0.1"), Err(RowRefused::RateOutOfRange));
        assert_eq!(ppm(b"4%"), Err(RowRefused::BadNumber));
        assert_eq!(whole(b"12"), Ok(12));
        assert_eq!(whole(b"12.0"), Ok(12));
        assert_eq!(whole(b"1.5"), Err(RowRefused::BadNumber));
        assert_eq!(whole(b"-1"), Err(RowRefused::BadNumber));
        assert_eq!(yes_no(b"Y"), Ok(true));
        assert_eq!(yes_no(b"maybe"), Err(RowRefused::BadYesNo));
    }
}
