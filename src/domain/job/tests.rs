//! The table of commands of product.md §2, as data.
