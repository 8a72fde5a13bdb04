//! From source columns to canonical fields: which column a field comes from, and what its cells mean.
//!
//! The fields, their types, ranges and known source names are data (`data/mapping/fields.toml`); nothing here knows one by name.
//!
//! **Invariant:** a canonical frame has every field of its role, in the mapping's order, with the same types, whatever the source has.

mod apply;
mod catalogue;
mod plan;

pub use apply::{Loaded, Numbers};
pub use catalogue::{Field, FieldType, Need, Role, catalogue};
pub use plan::{FieldPlan, FieldSource};
