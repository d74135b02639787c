"""The pieces of the image of a platform: instructions, layers of `.ebextensions`, base, programs, template."""
