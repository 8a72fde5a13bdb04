//! Files with 100,000 layers and folders with thousands of files: told or refused in a bounded time and a bounded memory.
