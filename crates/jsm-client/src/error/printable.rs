//! Text from elsewhere as one line of printable text: the functions of `jsm-raw`, whose errors show such text too.

pub(crate) use jsm_raw::printable::{excerpt, is_invisible, line, trimmed};
