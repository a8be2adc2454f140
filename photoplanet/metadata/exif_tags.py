"""The numbers of the EXIF fields that are read or written; names as in the EXIF standard (CIPA DC-008)."""

# of the first directory
MAKE, MODEL, SOFTWARE, ARTIST = 0x010F, 0x0110, 0x0131, 0x013B
EXIF_IFD, GPS_IFD = 0x8769, 0x8825  # pointers to the other two
SUB_IFDS = 0x014A  # pointers to more
# of the EXIF directory
DATE_ORIGINAL, DATE_DIGITIZED = 0x9003, 0x9004
OFFSET_ORIGINAL, OFFSET_DIGITIZED = 0x9011, 0x9012  # from UTC; 0x9010 is that of the file's last change
SUBSECONDS_ORIGINAL, SUBSECONDS_DIGITIZED = 0x9291, 0x9292
MAKER_NOTE = 0x927C
INTEROP_IFD = 0xA005  # a pointer
FILE_SOURCE = 0xA300
BODY_SERIAL = 0xA431
# of the GPS directory
GPS_VERSION, LAT_REF, LAT, LNG_REF, LNG, GPS_TIME = 0, 1, 2, 3, 4, 7
GPS_DATUM, GPS_METHOD, GPS_DATE, GPS_ERROR = 18, 27, 29, 31
