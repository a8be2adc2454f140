"""Columns of places are told by the kind of their names."""

import pytest

from photoplanet.earth.coordinates import names


@pytest.mark.parametrize(
    ("head", "pairs"),
    [
        ("lat,lon", ["lat/lon"]),
        (" Latitude ,Long", ["Latitude /Long"]),
        ("LAT,LON,lat_bin,lon_bin,lat_error,lon_error,lat_std,lon_std", ["LAT/LON"]),
        ("lat,lng,lat_pred,lon_pred", ["lat/lng", "lat_pred/lon_pred"]),
        ("prediction_lat,prediction_lon,lat,lon", ["lat/lon", "prediction_lat/prediction_lon"]),
        ("guess_lat,guess_lng,true_lat,true_lng", ["guess_lat/guess_lng", "true_lat/true_lng"]),
        ("predlat,predlng", ["predlat/predlng"]),
        ("latPred,lngPred", ["latPred/lngPred"]),
        ("lat,lon,latitude,longitude", ["latitude/longitude", "lat/lon"]),
        ("lat1,lng1,lat2,lng2", ["lat1/lng1", "lat2/lng2"]),
        ("GPSLatitude,GPSLongitude,GPSDestLatitude,GPSDestLongitude", ["GPSLatitude/GPSLongitude"]),
        ("GpsLatitude,GpsLongtitude", ["GpsLatitude/GpsLongtitude"]),  # as DJI spells it
        ("_GPS_latitude,_GPS_longitude,_GPS_altitude", ["_GPS_latitude/_GPS_longitude"]),  # KoBo
        ("latitude,longitude,private_latitude,private_longitude",
         ["latitude/longitude", "private_latitude/private_longitude"]),  # iNaturalist
        ("Breitengrad,Längengrad", ["Breitengrad/Längengrad"]),
        ("gps_lat,longitude", ["gps_lat/longitude"]),
        ("lat,latitude,lng", ["latitude/lng"]),
        ("lat_deg,lat_min,lat_sec,lon_deg,lon_min,lon_sec", []),  # a third of a place
        ("latitudeE7,longitudeE7", []),
        ("lnglat,lat_lon", []),
        ("lat_ref,lon_ref,platform,relation,long_description", []),
    ],
)  # fmt: skip
def test_pairs_by_kind(head, pairs):
    assert [str(pair) for pair in names.pairs(head.split(","))] == pairs


@pytest.mark.parametrize(
    ("head", "refs"),
    [
        ("lat,lat_ref,lon,lon_ref", ("lat_ref", "lon_ref")),
        ("GPSLatitude,GPSLatitudeRef,GPSLongitude,GPSLongitudeRef", ("GPSLatitudeRef", "GPSLongitudeRef")),
        ("latitude,longitude,GPSLatitudeRef,GPSLongitudeRef", ("GPSLatitudeRef", "GPSLongitudeRef")),
        ("Latitude,Lat Hemisphere,Longitude,Long Direction", ("Lat Hemisphere", "Long Direction")),
        ("lat,N/S,lon,E/W", ("N/S", "E/W")),
        ("lat,lat_ns,lon,lon_ew", ("lat_ns", "lon_ew")),
        ("lat,lon", (None, None)),
    ],
)
def test_columns_of_hemispheres_belong_to_their_coordinates(head, refs):
    found = names.pairs(head.split(","))[0]
    assert (found.latitude_ref, found.longitude_ref) == refs


def test_predictions_and_columns_with_both_are_known_by_their_words():
    assert [pair.predicted for pair in names.pairs(["lat", "lon", "model_lat", "model_lon"])] == [False, True]
    both = names.with_both(["id", "location", "GPSPosition", "GPSLatitude", "lnglat", "the_geom", "title"])
    assert [(str(found), found.longitude_first) for found in both] == [
        ("location", False), ("GPSPosition", False), ("lnglat", True), ("the_geom", False),
    ]  # fmt: skip
