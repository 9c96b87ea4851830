"""HTTP, pages and Socket.IO in and out; who is signed in. No rules, and no writes that bypass an activity."""
