"""What goes into the SDK and what comes out of it. `bankgateway` exports all of it."""
