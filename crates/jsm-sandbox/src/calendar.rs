//! Points in time as a calendar shows them, in UTC.

/// Year, month, day, hour, minute, second and milliseconds of a point in time.
pub(crate) fn civil(epoch_millis: i64) -> (i64, i64, i64, i64, i64, i64, i64) {
    let (days, in_day) = (epoch_millis.div_euclid(86_400_000), epoch_millis.rem_euclid(86_400_000));
    // Days are counted in eras of 400 years from 1 March of the year 0, so that a leap day ends its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day, in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1_000 % 60, in_day % 1_000)
}

/// A point in time as RFC 3339, to the second.
pub(crate) fn rfc3339(epoch_millis: i64) -> String {
    let (year, month, day, hour, minute, second, _) = civil(epoch_millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_a_calendar_shows_it() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(millis), text);
        }
    }
}
