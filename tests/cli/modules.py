"""With what libvips finds beside itself, as users have it."""
from common import *

os.environ.pop("VIPSHOME", None)
