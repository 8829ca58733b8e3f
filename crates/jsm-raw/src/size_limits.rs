//! How many items and how much memory the lists of a response may take.
//!
//! An item of `[{},{},...]` is three bytes of text and hundreds of bytes in memory. The caller chooses the limits; without
//! [`within`] there are none.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// What the lists of one response may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SizeLimits {
    /// Items in one list.
    pub items: usize,
    /// Bytes of memory for the items of all lists together, without what the items own.
    pub memory: usize,
}

impl SizeLimits {
    /// Limits of so many items in one list, and so many bytes of memory for the items of all lists.
    pub const fn new(items: usize, memory: usize) -> Self {
        Self { items, memory }
    }
}

/// What is left while a response is decoded.
#[derive(Clone, Copy)]
struct Left {
    limits: SizeLimits,
    exceeded: bool,
}

const UNLIMITED: Left = Left { limits: SizeLimits::new(usize::MAX, usize::MAX), exceeded: false };

thread_local! {
    // Generated types derive `Deserialize`, which passes nothing along.
    static LEFT: Cell<Left> = const { Cell::new(UNLIMITED) };
}

/// Decodes within limits. The flag is whether they were exceeded, which makes the decoder fail too.
pub fn within<T>(limits: SizeLimits, decode: impl FnOnce() -> T) -> (T, bool) {
    struct Restore(Left);
    impl Drop for Restore {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let restore = Restore(LEFT.replace(Left { limits, exceeded: false }));
    let decoded = decode();
    let exceeded = LEFT.get().exceeded;
    drop(restore);
    (decoded, exceeded)
}

/// Allocates memory for more items and adds one. The limits are checked here, and not for every item.
#[cold]
#[inline(never)]
fn grow<T, E: Error>(items: &mut Vec<T>, item: T, first: usize) -> Result<(), E> {
    let mut left = LEFT.get();
    let held = items.capacity();
    let wanted = held.saturating_mul(2).max(first).min(left.limits.items);
    let cost = (wanted.saturating_sub(held)).saturating_mul(size_of::<T>());
    if items.len() >= left.limits.items || cost > left.limits.memory {
        left.exceeded = true;
        LEFT.set(left);
        return Err(E::custom("the list has more items than are accepted"));
    }
    // Memory that is freed later stays counted: it had to be allocated.
    if left.limits.memory != usize::MAX {
        left.limits.memory -= cost;
        LEFT.set(left);
    }
    items.reserve_exact(wanted - items.len());
    items.push(item);
    Ok(())
}

/// Reads a list within the limits; `null` reads as an empty one.
pub(crate) struct List<T> {
    /// How many items to allocate memory for at first.
    pub(crate) first: usize,
    /// What is expected, as an error calls it.
    pub(crate) what: &'static str,
    pub(crate) item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        loop {
            match list.next_element() {
                Ok(Some(item)) if items.len() < items.capacity() => items.push(item),
                Ok(Some(item)) => grow(&mut items, item, self.first)?,
                Ok(None) => break,
                Err(error) => return Err(error),
            }
        }
        // A list within an item is often short, and kept as long as the item is.
        if items.capacity() > 16 && items.len() < items.capacity() / 2 {
            items.shrink_to_fit();
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use serde::de::Deserializer;

    use super::{List, SizeLimits, within};

    fn read(text: &str) -> Result<Vec<[u64; 4]>, serde_json::Error> {
        let list = List { first: 4, what: "a sequence", item: PhantomData };
        serde_json::Deserializer::from_str(text).deserialize_option(list)
    }

    #[test]
    fn refuses_more_items_or_memory_than_are_accepted() {
        let text = |items: usize| format!("[{}]", vec!["[1,2,3,4]"; items].join(","));
        for (items, limits, fits) in [
            (100, SizeLimits::new(100, usize::MAX), true),
            (101, SizeLimits::new(100, usize::MAX), false),
            (128, SizeLimits::new(usize::MAX, 128 * 32), true),
            (129, SizeLimits::new(usize::MAX, 128 * 32), false),
            (0, SizeLimits::new(0, 0), true),
            (1, SizeLimits::new(0, 0), false),
        ] {
            let (list, exceeded) = within(limits, || read(&text(items)));
            assert_eq!(list.map(|list| list.len()).ok(), fits.then_some(items), "{items} in {limits:?}");
            assert_eq!(exceeded, !fits, "{items} in {limits:?}");
        }
        assert_eq!(read(&text(1_000)).unwrap().len(), 1_000, "limits end with the response");
        assert_eq!(read("null").unwrap().len(), 0);
    }
}
