"""How good a face picture is: named measures 0..100, and gates that say why one is not good enough."""
