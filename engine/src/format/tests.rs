//! The layout in small cases, and what holds for every text.


