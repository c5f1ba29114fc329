"""What touches Brian2: the device, code objects and their templates, synapses, event queues."""
