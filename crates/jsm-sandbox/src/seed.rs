//! The worlds a sandbox can start from.
//!
//! What happens to them afterwards is up to the requests that arrive.

use crate::auth::Role;
use crate::world::World;

/// How many customers the demo world has.
const CUSTOMERS: u64 = 250;

const FIRST_NAMES: &[&str] = &[
    "Ada", "Boris", "Chen", "Dana", "Elif", "Fred", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona",
    "Noor", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Vera", "Wim", "Xenia", "Yusuf", "Zoe",
];
const LAST_NAMES: &[&str] =
    &["Adler", "Brook", "Castro", "Diaz", "Engel", "Fuchs", "Garcia", "Holm", "Ivanov", "Jansen", "Smith"];

/// What exists when a sandbox starts.
#[derive(Clone, Debug)]
pub struct Seed {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Empty,
    Demo,
}

impl Seed {
    /// Nothing but the accounts that log in.
    pub fn empty() -> Seed {
        Seed { kind: Kind::Empty }
    }

    /// Two desks: `HELP` with 250 customers, and `SHOP`, which is open to everybody; five organizations.
    pub fn demo() -> Seed {
        Seed { kind: Kind::Demo }
    }

    pub(crate) fn fill(&self, world: &mut World) {
        match self.kind {
            Kind::Empty => {}
            Kind::Demo => demo(world),
        }
    }
}

fn demo(world: &mut World) {
    let help = world.add_desk("HELP", "Help Desk", false);
    let shop = world.add_desk("SHOP", "Shop Support", true);
    let organizations: Vec<u64> = ["Acme", "Birch Books", "Cedar Cycles", "Dune Dairy", "Elm Energy"]
        .into_iter()
        .map(|name| world.add_organization(name))
        .collect();
    for number in 0..CUSTOMERS {
        let index = usize::try_from(number).unwrap_or_default();
        let first = FIRST_NAMES[index % FIRST_NAMES.len()];
        let last = LAST_NAMES[index % LAST_NAMES.len()];
        let email = format!("{}.{}.{number}@example.com", first.to_lowercase(), last.to_lowercase());
        let account_id = world.add_person(&format!("{first} {last}"), &email, Role::Customer);
        if let Some(desk) = world.desks.get_mut(&help) {
            desk.customers.insert(account_id.clone());
        }
        if number % 10 == 0
            && let Some(desk) = world.desks.get_mut(&shop)
        {
            desk.customers.insert(account_id.clone());
        }
        if number % 3 == 0
            && let Some(organization) =
                world.organizations.get_mut(&organizations[index % organizations.len()])
        {
            organization.members.insert(account_id);
        }
    }
    if let Some(desk) = world.desks.get_mut(&help) {
        desk.organizations.extend(organizations.iter().take(3));
    }
}
