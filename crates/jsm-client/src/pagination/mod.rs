//! Lists, page by page and item by item.
//!
//! One implementation reads lists of all styles; what differs is in [`jsm_raw::Paginated`]. `progress` decides whether a
//! list continues, and whether it advances. Links in responses are read for their position and never followed.

mod fetch;
mod items;
mod list;
mod pages;
mod progress;

pub use items::Items;
pub use pages::{ListPage, Pages};

pub(crate) use progress::parameter;
