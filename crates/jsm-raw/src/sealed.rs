//! What keeps other crates from implementing a trait of this one.

/// A supertrait of traits that programs do not implement, so that a trait can get another required method without
/// breaking a program.
///
/// The generated code implements it, and `jsm-client` for the requests that no document describes.
///
/// ```compile_fail,E0277
/// enum Mine {}
///
/// impl jsm_raw::IdKind for Mine {
///     const NAME: &'static str = "Mine";
/// }
/// ```
pub trait Sealed {}
