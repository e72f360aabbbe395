/*
 * Stands in for libgupnp-igd, by which libnice asks routers for ports. The real one brings libsoup 3, and Debian's
 * whip-client libsoup 2: in one process the two refuse each other, and it ends before it begins.
 */
unsigned long gupnp_simple_igd_get_type(void) { return 80; /* G_TYPE_OBJECT */ }
void *gupnp_simple_igd_thread_new(void) { return 0; }
void gupnp_simple_igd_add_port(void) {}
void gupnp_simple_igd_remove_port_local(void) {}
