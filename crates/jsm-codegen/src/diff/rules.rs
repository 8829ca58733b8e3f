//! How much a change matters to a program that uses the library: one table, a row for every case that differs.
//!
//! The reasons speak about the generated Rust: operation values whose required parameters are arguments of `new`,
//! structs that cannot be built or matched exhaustively, open enums, responses that are read leniently, and one error
//! type for all operations.

use serde::Serialize;

use super::kinds::Kind;
use super::usage::Sides;

/// How much a change matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No program notices.
    None,
    /// Programs can do more than before.
    Additive,
    /// Code stops compiling, or does something else.
    Breaking,
}

impl Severity {
    /// The name in the JSON form.
    pub fn name(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Additive => "additive",
            Severity::Breaking => "breaking",
        }
    }
}

/// The version that changes ask for, as long as versions begin with a zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing that a program notices: no release is needed.
    None,
    /// `0.3.1` becomes `0.3.2`.
    Patch,
    /// `0.3.1` becomes `0.4.0`.
    Minor,
}

impl Bump {
    /// The rule, as a page states it.
    pub const RULE: &'static str =
        "before 1.0 a breaking change asks for a minor version, an additive one for a patch";

    /// The version that the change asks for that matters most.
    pub fn of(worst: Severity) -> Self {
        match worst {
            Severity::None => Bump::None,
            Severity::Additive => Bump::Patch,
            Severity::Breaking => Bump::Minor,
        }
    }

    /// The name of the step.
    pub fn name(self) -> &'static str {
        match self {
            Bump::None => "none",
            Bump::Patch => "patch",
            Bump::Minor => "minor",
        }
    }
}

/// What can narrow a row down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Programs send the value.
    Sent,
    /// Programs read the value from a response.
    Read,
    /// The value comes with an error.
    InErrors,
    /// No operation uses the value.
    Unused,
    /// It cannot be left out.
    Required,
    /// It can be left out, before and after.
    Optional,
    /// It is a list or a map.
    Collection,
    /// The name in Rust stays.
    SameName,
    /// There is JSON beside it, before and after.
    BesideJson,
}

/// One row of the table.
#[derive(Debug)]
pub struct Rule {
    /// The kinds of change that the row is about.
    pub kinds: &'static [Kind],
    /// What must hold besides, all of it.
    pub when: &'static [Condition],
    /// How much such a change matters.
    pub severity: Severity,
    /// Why.
    pub reason: &'static str,
}

const fn rule(
    kinds: &'static [Kind],
    when: &'static [Condition],
    severity: Severity,
    reason: &'static str,
) -> Rule {
    Rule { kinds, when, severity, reason }
}

/// The kinds that happen to a value, wherever it is.
const OF_VALUES: &[Kind] = &[
    Kind::DeprecatedAdded,
    Kind::DeprecatedDropped,
    Kind::AnnotationAdded,
    Kind::AnnotationDropped,
    Kind::AnnotationChanged,
    Kind::MediaTypeAdded,
    Kind::MediaTypeRemoved,
    Kind::SchemaAdded,
    Kind::SchemaRemoved,
    Kind::SchemaRenamed,
    Kind::PropertyAdded,
    Kind::PropertyRemoved,
    Kind::PropertyRequired,
    Kind::PropertyOptional,
    Kind::TypeChanged,
    Kind::FormatChanged,
    Kind::NullableAdded,
    Kind::NullableDropped,
    Kind::EnumValueAdded,
    Kind::EnumValueRemoved,
    Kind::DefaultAdded,
    Kind::DefaultRemoved,
    Kind::DefaultChanged,
    Kind::OrderChanged,
    Kind::LimitTightened,
    Kind::LimitLoosened,
    Kind::VariantAdded,
    Kind::VariantRemoved,
    Kind::PartAdded,
    Kind::PartRemoved,
];

/// The table. The first row that fits decides; where a value is seen from several sides, the side that it matters to
/// most does.
pub static RULES: &[Rule] = {
    use Condition::*;
    use Kind::*;
    use Severity::{Additive, Breaking, None};
    &[
        rule(OF_VALUES, &[Unused], None, "no operation uses it, and what none uses is not generated"),
        rule(OF_VALUES, &[InErrors], None, "one reader takes the body of every error, whatever its shape"),
        // Operations.
        rule(&[OperationAdded], &[], Additive, "there is one more operation value"),
        rule(&[OperationRemoved], &[], Breaking, "the operation value is gone"),
        rule(&[OperationMoved], &[], None, "where a request goes is generated; no program names it"),
        rule(&[OperationRenamed], &[SameName], None, "the Rust name is the x-jsm-name, which stays"),
        rule(&[OperationRenamed], &[], Breaking, "the operation value has another name"),
        rule(&[OperationRegrouped], &[], Breaking, "the operation value is imported from another module"),
        rule(&[ExperimentalAdded], &[], Breaking, "it fails until a program opts in"),
        rule(&[ExperimentalDropped], &[], Additive, "it works without opting in"),
        rule(&[DeprecatedAdded], &[], Additive, "code compiles, with a warning"),
        rule(&[DeprecatedDropped], &[], None, "code compiles as before"),
        rule(&[ScopeAdded], &[], Breaking, "a token that was let in may be refused"),
        rule(&[ScopeRemoved], &[], None, "every token that was let in still is"),
        rule(&[PaginationAdded], &[], Additive, "the operation can be given to `items` and `pages`"),
        rule(&[PaginationDropped], &[], Breaking, "the operation cannot be given to `items` and `pages`"),
        rule(&[PaginationChanged], &[], None, "how the next page is asked for is the library's part"),
        rule(&[IdempotentAdded], &[], Additive, "a retry overcomes failures that a program had to handle"),
        rule(&[IdempotentDropped], &[], Breaking, "a program gets failures that a retry overcame"),
        rule(&[UploadChanged], &[], Breaking, "the operation is given something else to send"),
        rule(&[RateLimitChanged], &[], None, "the library keeps to the limit"),
        rule(
            &[AnnotationAdded],
            &[],
            Additive,
            "there is one more trait or method, or one more name is read",
        ),
        rule(
            &[AnnotationDropped],
            &[],
            Breaking,
            "code that uses its trait, its method or its value stops working",
        ),
        rule(&[AnnotationChanged], &[], Breaking, "the type, the trait or the outcome is another one"),
        // Parameters and bodies.
        rule(&[ParameterAdded, BodyAdded], &[Required], Breaking, "`new` takes one more argument"),
        rule(&[ParameterAdded, BodyAdded], &[], Additive, "there is one more setter"),
        rule(&[ParameterRemoved, BodyRemoved], &[], Breaking, "its setter or argument of `new` is gone"),
        rule(&[ParameterRenamed], &[], None, "an argument of `new` is known by its position"),
        rule(&[ParameterMoved, ParameterStyleChanged], &[], None, "how it is sent is generated"),
        rule(&[ParameterRequired, ParameterOptional], &[Optional], None, "it stays a setter"),
        rule(&[ParameterRequired], &[], Breaking, "a setter becomes an argument of `new`"),
        rule(&[ParameterOptional], &[], Breaking, "an argument of `new` becomes a setter"),
        rule(&[BodyRequired, BodyOptional], &[], None, "a body is sent in either case"),
        rule(&[OrderChanged], &[Sent], Breaking, "arguments of `new` change places"),
        rule(&[OrderChanged], &[], None, "fields are known by their names"),
        rule(&[MediaTypeAdded], &[], None, "the type that is generated stays"),
        rule(&[MediaTypeRemoved], &[BesideJson], None, "JSON is what is sent and read"),
        rule(&[MediaTypeRemoved], &[], Breaking, "what is sent or read is another type"),
        // Responses.
        rule(&[ResponseAdded], &[], Additive, "one more status is documented; the response keeps its type"),
        rule(&[ResponseRemoved], &[InErrors], None, "an error is one type, whatever its status"),
        rule(&[ResponseRemoved], &[], Breaking, "a response that a program waits for does not come"),
        rule(
            &[ResponseRenumbered],
            &[],
            None,
            "a success is a success under every status of the two hundreds",
        ),
        // Schemas and their properties.
        rule(&[SchemaAdded], &[], Additive, "there is one more type"),
        rule(&[SchemaRemoved], &[], Breaking, "the type is gone"),
        rule(&[SchemaRenamed], &[], Breaking, "the type has another name"),
        rule(
            &[PropertyAdded],
            &[Sent, Required],
            Breaking,
            "its struct cannot be made without one more value",
        ),
        rule(&[PropertyAdded], &[], Additive, "there is one more field, and structs are open to that"),
        rule(&[PropertyRemoved], &[], Breaking, "code that names the field stops compiling"),
        rule(
            &[PropertyRequired, PropertyOptional],
            &[Read, Collection],
            None,
            "a list or map that is missing reads as an empty one",
        ),
        rule(&[PropertyRequired], &[Sent], Breaking, "a setter becomes an argument of `new`"),
        rule(&[PropertyRequired], &[], Breaking, "the field is an Option no more"),
        rule(&[PropertyOptional], &[Sent], Breaking, "an argument of `new` becomes a setter"),
        rule(&[PropertyOptional], &[], Breaking, "the field becomes an Option"),
        // Types.
        rule(&[TypeChanged], &[], Breaking, "the Rust type is another one"),
        rule(&[FormatChanged], &[], None, "the Rust type is the same"),
        rule(
            &[NullableAdded, NullableDropped],
            &[Optional],
            None,
            "what can be missing is an Option already",
        ),
        rule(&[NullableAdded], &[], Breaking, "the Rust type becomes an Option"),
        rule(&[NullableDropped], &[], Breaking, "the Rust type is an Option no more"),
        rule(&[EnumValueAdded], &[], Additive, "enums are open: a value without a name was read before, too"),
        rule(&[EnumValueRemoved], &[], Breaking, "code that names the value stops compiling"),
        rule(&[DefaultAdded], &[Required], Breaking, "an argument of `new` becomes a setter"),
        rule(&[DefaultRemoved], &[Required], Breaking, "a setter becomes an argument of `new`"),
        rule(&[DefaultAdded, DefaultRemoved], &[], None, "what is sent and read stays"),
        rule(&[DefaultChanged], &[Sent], Breaking, "a request that leaves it out may do something else"),
        rule(&[DefaultChanged], &[], None, "the server fills it into its responses"),
        rule(&[LimitTightened], &[Sent], Breaking, "a value that was taken may be refused"),
        rule(&[LimitTightened], &[], None, "responses are read whatever their size"),
        rule(&[LimitLoosened], &[], None, "every value that was taken still is"),
        rule(&[VariantAdded], &[Sent], Additive, "one more form can be sent"),
        rule(&[VariantAdded], &[], Breaking, "responses come in a form that code does not expect"),
        rule(&[VariantRemoved], &[], Breaking, "code that names the form stops compiling"),
        rule(&[PartAdded], &[Sent, Required], Breaking, "its struct cannot be made without more values"),
        rule(&[PartAdded], &[], Additive, "there are more fields, and structs are open to that"),
        rule(&[PartRemoved], &[], Breaking, "code that names its fields stops compiling"),
    ]
};

/// What holds for a kind that the table forgets: a test proves that it forgets none.
static FORGOTTEN: Rule = rule(Kind::ALL, &[], Severity::Breaking, "nothing is known of such changes");

/// Finds the row that decides on a change.
///
/// `sides` is where a value is seen, or nothing where the change is not one of a value.
pub(super) fn rule_for(kind: Kind, facts: &[Condition], sides: Option<Sides>) -> &'static Rule {
    let views = match sides {
        None => vec![None],
        Some(Sides::NONE) => vec![Some(Condition::Unused)],
        Some(sides) => {
            let each = [
                (Sides::SENT, Condition::Sent),
                (Sides::READ, Condition::Read),
                (Sides::IN_ERRORS, Condition::InErrors),
            ];
            each.into_iter().filter(|(side, _)| sides.holds(*side)).map(|(_, view)| Some(view)).collect()
        }
    };
    let decide = |view: Option<Condition>| {
        let holds = |condition: &Condition| Some(*condition) == view || facts.contains(condition);
        RULES
            .iter()
            .find(|rule| rule.kinds.contains(&kind) && rule.when.iter().all(holds))
            .unwrap_or(&FORGOTTEN)
    };
    let mut worst: Option<&'static Rule> = None;
    for rule in views.into_iter().map(decide) {
        if worst.is_none_or(|worst| rule.severity > worst.severity) {
            worst = Some(rule);
        }
    }
    worst.unwrap_or(&FORGOTTEN)
}
