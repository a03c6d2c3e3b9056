//! The night on several machines, by Apache DataFusion Ballista.
