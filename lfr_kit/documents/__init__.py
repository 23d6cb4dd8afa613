"""What is printed and published: authority, notice, poster, leaflet, briefing, record, deletion certificate."""
