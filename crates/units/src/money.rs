//! Money in whole fen, and the one place where a quotient is rounded.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount of renminbi (金额) in whole fen; may be negative.
///
/// Construction: [`Money::from_fen`], [`Money::from_yuan`], [`Money::parse`]. Rounding happens only in
/// [`Money::mul_div`] and always names its mode. Arithmetic panics on overflow. Comparison is by
/// value. Not supported: currencies other than CNY, division without a rounding mode, floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub(crate) i64);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    Empty,
    NotANumber,
    MoreThanTwoPlaces,
    TooLarge,
}

/// How a quotient that is not whole becomes whole (舍入方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// Half away from zero (四舍五入), the default of Chinese lenders.
    #[default]
    HalfUp,
    /// Half to the even neighbour (四舍六入五成双).
    HalfEven,
    /// Toward zero (舍尾).
    Down,
    /// Away from zero (进一).
    Up,
}

/// `numerator / denominator`, rounded. Panics when the denominator is not positive.
pub fn div_round(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    assert!(denominator > 0, "a quotient needs a positive denominator");
    let whole = numerator / denominator;
    let rest = numerator % denominator;
    if rest == 0 {
        return whole;
    }
    let away = if numerator < 0 { whole - 1 } else { whole + 1 };
    let twice = rest.unsigned_abs() * 2;
    let up = match rounding {
        Rounding::Down => false,
        Rounding::Up => true,
        Rounding::HalfUp => twice >= denominator.unsigned_abs(),
        Rounding::HalfEven => match twice.cmp(&denominator.unsigned_abs()) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => whole % 2 != 0,
        },
    };
    if up { away } else { whole }
}

impl Money {
    pub const ZERO: Money = Money(0);
    pub const MAX: Money = Money(i64::MAX);

    pub const fn from_fen(fen: i64) -> Money {
        Money(fen)
    }

    pub const fn from_yuan(yuan: i64) -> Money {
        Money(yuan * 100)
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Reads `1234`, `1234.5`, `1,234.56`, `-0.01`. At most two decimal places.
    pub fn parse(text: &str) -> Result<Money, MoneyError> {
        let bytes = text.trim().as_bytes();
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        if digits.is_empty() {
            return Err(MoneyError::Empty);
        }
        let (mut fen, mut places, mut seen_point, mut seen_digit) = (0i64, 0u32, false, false);
        // Digits since the last separator: three, or a decimal comma would be read as thousands.
        let mut group = None::<u32>;
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    if seen_point {
                        places += 1;
                        if places > 2 {
                            if byte == b'0' {
                                continue; // 1.2300 is still whole fen
                            }
                            return Err(MoneyError::MoreThanTwoPlaces);
                        }
                    } else if let Some(digits) = &mut group {
                        *digits += 1;
                    }
                    fen = fen
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(i64::from(byte - b'0')))
                        .ok_or(MoneyError::TooLarge)?;
                }
                b'.' if !seen_point => seen_point = true,
                b',' if !seen_point && seen_digit && group.is_none_or(|digits| digits == 3) => group = Some(0),
                _ => return Err(MoneyError::NotANumber),
            }
        }
        if !seen_digit || group.is_some_and(|digits| digits != 3) {
            return Err(MoneyError::NotANumber);
        }
        for _ in places.min(2)..2 {
            fen = fen.checked_mul(10).ok_or(MoneyError::TooLarge)?;
        }
        Ok(Money(if negative { -fen } else { fen }))
    }

    /// `self × numerator / denominator`, rounded once. Panics on overflow of fen.
    pub fn mul_div(self, numerator: i128, denominator: i128, rounding: Rounding) -> Money {
        let fen = div_round(i128::from(self.0) * numerator, denominator, rounding);
        Money(i64::try_from(fen).expect("money overflows i64 fen"))
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// `None` when the sum leaves the range of fen; for totals over outside input.
    #[inline]
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    /// Zero where the difference would be negative.
    #[inline]
    pub fn minus_floor_zero(self, other: Money) -> Money {
        Money((self.0 - other.0).max(0))
    }

    /// Without thousands separators: `1234.56`, as files write it.
    pub fn plain(self) -> String {
        let fen = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// With thousands separators: `1,234.56`, as people read it.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        let mut text = String::with_capacity(yuan.len() * 4 / 3 + 4);
        if self.0 < 0 {
            text.push('-');
        }
        for (index, digit) in yuan.chars().enumerate() {
            if index > 0 && (yuan.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text.push_str(&format!(".{:02}", fen % 100));
        f.pad(&text)
    }
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MoneyError::Empty => "no amount",
            MoneyError::NotANumber => "not an amount",
            MoneyError::MoreThanTwoPlaces => "more than two decimal places",
            MoneyError::TooLarge => "amount too large",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Add for Money {
    type Output = Money;
    #[inline]
    fn add(self, other: Money) -> Money {
        Money(self.0.checked_add(other.0).expect("money overflows i64 fen"))
    }
}

impl Sub for Money {
    type Output = Money;
    #[inline]
    fn sub(self, other: Money) -> Money {
        Money(self.0.checked_sub(other.0).expect("money overflows i64 fen"))
    }
}

impl Neg for Money {
    type Output = Money;
    #[inline]
    fn neg(self) -> Money {
        Money(self.0.checked_neg().expect("money overflows i64 fen"))
    }
}

impl AddAssign for Money {
    #[inline]
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    #[inline]
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Sum for Money {
    #[inline]
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_fen_or_says_why_not() {
        let check = |text, expect| assert_eq!(Money::parse(text).map(Money::fen), expect, "{text:?}");
        check("1234.56", Ok(123_456));
        check("1,234.5", Ok(123_450));
        check("12,00", Err(MoneyError::NotANumber));
        check("1,23,456", Err(MoneyError::NotANumber));
        check("-0.01", Ok(-1));
        check(" 7 ", Ok(700));
        check("1.2300", Ok(123));
        check("", Err(MoneyError::Empty));
        check(".", Err(MoneyError::NotANumber));
        check("1.234", Err(MoneyError::MoreThanTwoPlaces));
        check("1.2.3", Err(MoneyError::NotANumber));
        check("12\u{5143}", Err(MoneyError::NotANumber));
        check("99999999999999999999", Err(MoneyError::TooLarge));
    }

    #[test]
    fn people_read_separators_and_files_do_not() {
        assert_eq!(Money::from_fen(123_456_789).to_string(), "1,234,567.89");
        assert_eq!(Money::from_fen(-5).to_string(), "-0.05");
        assert_eq!(Money::from_fen(100_000).to_string(), "1,000.00");
        assert_eq!(Money::from_fen(-123_456).plain(), "-1234.56");
    }

    #[test]
    fn a_half_goes_where_the_mode_says() {
        let check = |numerator, mode, expect| assert_eq!(div_round(numerator, 2, mode), expect);
        check(5, Rounding::HalfUp, 3);
        check(-5, Rounding::HalfUp, -3);
        check(5, Rounding::HalfEven, 2);
        check(7, Rounding::HalfEven, 4);
        check(5, Rounding::Down, 2);
        check(-5, Rounding::Down, -2);
        check(5, Rounding::Up, 3);
        check(4, Rounding::Up, 2);
    }
}
