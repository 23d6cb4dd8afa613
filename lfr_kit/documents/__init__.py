"""What is printed and published: record, notice, poster, leaflet, authority, briefing pack, deletion certificate.

Every document is one HTML file that loads nothing, for a screen, a telephone, a screen reader or paper, and the
same as PDF. Its template is given one typed context; what that cannot hold, no page can show.
"""
