//! Dates, moved by a number of days: what is between two of them stays, and the time of day.

use crate::calendar::civil;

const DAY_MILLIS: i64 = 86_400_000;

/// A date or a time in one of the forms of ISO 8601 that the APIs use, moved by so many days.
pub(super) fn moved(text: &str, days: i64) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' || !is_time(rest) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = date.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month, day, ..) = civil((days_since_epoch(year, month, day) + days) * DAY_MILLIS);
    Some(format!("{:04}-{month:02}-{day:02}{rest}", year.clamp(0, 9_999)))
}

/// Milliseconds of the Unix epoch, moved by so many days.
pub(super) fn moved_millis(millis: i64, days: i64) -> i64 {
    millis.saturating_add(days * DAY_MILLIS)
}

/// Whether a number is a time in milliseconds of the Unix epoch, from 1990 to 2100.
pub(super) fn is_millis(number: i64) -> bool {
    (631_152_000_000..4_102_444_800_000).contains(&number)
}

/// Whether a text is empty or what follows the date: a time of the day, with an offset or without.
fn is_time(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let Some(time) = text.strip_prefix(['T', ' ']) else { return false };
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, ""),
    };
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let offset_digits = offset.trim_start_matches(['+', '-']).replace(':', "");
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| digits(part, 2))
        && digits(fraction, 9)
        && (offset.is_empty() || offset == "Z" || digits(&offset_digits, 4))
}

fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years begin with March, so that a leap day ends its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_moved_and_keeps_its_form() {
        for (text, expected) in [
            ("2026-01-01", Some("2026-01-31")),
            ("2024-02-29T09:30:00+0100", Some("2024-03-30T09:30:00+0100")),
            ("2024-02-29T09:30:00.000+01:00", Some("2024-03-30T09:30:00.000+01:00")),
            ("2026-12-31T23:59:59Z", Some("2027-01-30T23:59:59Z")),
            ("2026-12-31T23:59Z", Some("2027-01-30T23:59Z")),
            ("2026-12-31 Ada", None),
            ("2026-12-31T23:59:Ada", None),
            ("2026-12-31T23:59:59 Europe/Vienna", None),
            ("2026-13-31", None),
            ("1234567890", None),
            ("202é-01-01x", None),
            ("", None),
        ] {
            assert_eq!(moved(text, 30).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn texts_and_milliseconds_are_moved_alike() {
        let millis = 1_709_199_000_000;
        let text = crate::calendar::rfc3339(millis);
        for days in [-4_000, -1, 0, 365] {
            assert_eq!(Some(crate::calendar::rfc3339(moved_millis(millis, days))), moved(&text, days));
        }
    }
}
