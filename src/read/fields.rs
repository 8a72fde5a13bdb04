//! From source columns to canonical fields.
pub use plan::FieldPlan;
