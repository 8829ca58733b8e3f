//! Points in time and durations, as Jira Service Management writes them.
//!
//! Customer Service Management writes RFC 3339.

use serde_json::{Value, json};

use crate::calendar::civil;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The date object. The offsets have no colon, so neither text is RFC 3339.
pub(crate) fn date(epoch_millis: i64) -> Value {
    let (year, month, day, hour, minute, second, millis) = civil(epoch_millis);
    let month_name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"Jan");
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour_of_half = if hour % 12 == 0 { 12 } else { hour % 12 };
    json!({
        "epochMillis": epoch_millis,
        "iso8601": format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+0000"),
        "jira": format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}+0000"),
        "friendly": format!("{day:02}/{month_name}/{:02} {hour_of_half}:{minute:02} {half}", year % 100),
    })
}

pub(crate) fn duration(millis: i64) -> Value {
    let sign = if millis < 0 { "-" } else { "" };
    let minutes = millis.abs() / 60_000;
    json!({"millis": millis, "friendly": format!("{sign}{}h {}m", minutes / 60, minutes % 60)})
}
