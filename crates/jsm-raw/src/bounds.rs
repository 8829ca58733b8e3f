//! How much a response may make of its body, and the lists that are read within that.
//!
//! `[{},{},...]` is three bytes an item, and an item takes hundreds of bytes in memory. How much is too much is the
//! caller's to decide: without [`within`], nothing is bounded.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// What the lists of one response may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Items in one list.
    pub items: usize,
    /// Bytes of memory for the items of all lists together, without what the items own.
    pub memory: usize,
}

/// What is left while a response is decoded.
#[derive(Clone, Copy)]
struct Left {
    bounds: Bounds,
    exceeded: bool,
}

const UNBOUNDED: Left = Left { bounds: Bounds { items: usize::MAX, memory: usize::MAX }, exceeded: false };

thread_local! {
    // Generated types derive their readers, which pass nothing along.
    static LEFT: Cell<Left> = const { Cell::new(UNBOUNDED) };
}

/// Decodes within bounds; the flag is whether they were exceeded, which is an error of the decoder too.
pub fn within<T>(bounds: Bounds, decode: impl FnOnce() -> T) -> (T, bool) {
    struct Restore(Left);
    impl Drop for Restore {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let restore = Restore(LEFT.replace(Left { bounds, exceeded: false }));
    let decoded = decode();
    let exceeded = LEFT.get().exceeded;
    drop(restore);
    (decoded, exceeded)
}

/// Makes room for more items and adds one. Bounds are looked at here, where memory is taken, and not for every item.
#[cold]
#[inline(never)]
fn grow<T, E: Error>(items: &mut Vec<T>, item: T, first: usize) -> Result<(), E> {
    let mut left = LEFT.get();
    let held = items.capacity();
    let wanted = held.saturating_mul(2).max(first).min(left.bounds.items);
    let cost = (wanted.saturating_sub(held)).saturating_mul(size_of::<T>());
    if items.len() >= left.bounds.items || cost > left.bounds.memory {
        left.exceeded = true;
        LEFT.set(left);
        return Err(E::custom("the list has more items than are accepted"));
    }
    // The room that is given back later stays counted: it is what had to be there.
    if left.bounds.memory != usize::MAX {
        left.bounds.memory -= cost;
        LEFT.set(left);
    }
    items.reserve_exact(wanted - items.len());
    items.push(item);
    Ok(())
}

/// Reads a list within the bounds; `null` reads as an empty one.
pub(crate) struct List<T> {
    /// How many items to make room for at first.
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

    use super::{Bounds, List, within};

    fn read(text: &str) -> Result<Vec<[u64; 4]>, serde_json::Error> {
        let list = List { first: 4, what: "a sequence", item: PhantomData };
        serde_json::Deserializer::from_str(text).deserialize_option(list)
    }

    #[test]
    fn refuses_more_items_or_memory_than_are_accepted() {
        let text = |items: usize| format!("[{}]", vec!["[1,2,3,4]"; items].join(","));
        for (items, bounds, fits) in [
            (100, Bounds { items: 100, memory: usize::MAX }, true),
            (101, Bounds { items: 100, memory: usize::MAX }, false),
            (128, Bounds { items: usize::MAX, memory: 128 * 32 }, true),
            (129, Bounds { items: usize::MAX, memory: 128 * 32 }, false),
            (0, Bounds { items: 0, memory: 0 }, true),
            (1, Bounds { items: 0, memory: 0 }, false),
        ] {
            let (list, exceeded) = within(bounds, || read(&text(items)));
            assert_eq!(list.map(|list| list.len()).ok(), fits.then_some(items), "{items} in {bounds:?}");
            assert_eq!(exceeded, !fits, "{items} in {bounds:?}");
        }
        assert_eq!(read(&text(1_000)).unwrap().len(), 1_000, "bounds end with the response");
        assert_eq!(read("null").unwrap().len(), 0);
    }
}
