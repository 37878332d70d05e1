//! When to dial again.
