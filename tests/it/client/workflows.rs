//! What takes more than one request: files, bulk changes and their tasks, many things by their ids, and dates.

mod batches; // Lists that are longer than one request may carry.
mod bulk; // Bulk changes, and reading what is there.
mod downloads; // Files from the server.
mod imports; // The recipe of an import, killed and run again.
mod resumed; // Downloads that break off and go on.
mod tasks; // Tasks, their entries, and waiting for many of them.
mod uploads; // Files to the server.

use jsm_client::servicedesk::types::Date;
use jsm_client::{Client, Dated, Error, Timestamp};
use jsm_sandbox::Sandbox;

use super::clock::TestClock;

fn client(sandbox: &Sandbox) -> Client {
    super::of(sandbox, &TestClock::new()).build().unwrap()
}

fn date(millis: Option<i64>, text: Option<&str>) -> Date {
    let mut date = Date::default();
    date.epoch_millis = millis;
    date.iso8601 = text.map(str::to_owned);
    date
}

#[test]
fn dates_of_every_form_are_read_as_one_timestamp() {
    let moment: Timestamp = "2015-10-08T07:42:00Z".parse().unwrap();
    for text in ["2015-10-08T14:42:00+0700", "2015-10-08T14:42:00.000+0700", "2015-10-08T07:42:00Z"] {
        assert_eq!(text.timestamp().unwrap(), moment, "{text}");
        assert_eq!(date(None, Some(text)).timestamp().unwrap(), moment, "{text}");
    }
    let vienna =
        date(Some(moment.as_millisecond()), None).timestamp().unwrap().in_tz("Europe/Vienna").unwrap();
    assert_eq!(vienna.to_string(), "2015-10-08T09:42:00+02:00[Europe/Vienna]");
    // The texts of one value can disagree in their offsets; the milliseconds cannot.
    let both = date(Some(moment.as_millisecond()), Some("2015-10-08T14:42:00+0800"));
    assert_eq!(both.timestamp().unwrap(), moment);
    for (date, why) in [
        (date(None, None), "neither milliseconds nor text"),
        (date(None, Some("2015-10-08")), "\"2015-10-08\" is not a date"),
        (date(None, Some("Yesterday 9:30 AM")), "is not a date"),
        (date(Some(i64::MAX), None), "too far from 1970"),
    ] {
        let error = Error::from(date.timestamp().unwrap_err());
        assert!(error.is_decode() && error.to_string().contains(why), "{error}");
    }
}
