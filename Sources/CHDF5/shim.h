// Macros of libhdf5 that Swift cannot import, as functions.
#pragma once
// Names without a version mean those of 1.10 in newer libraries, too.
#define H5_USE_110_API 1
#include <hdf5.h>

static inline hid_t chdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_file_create_class(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_group_create_class(void) { return H5P_GROUP_CREATE; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_read_only_swmr(void) { return H5F_ACC_RDONLY | H5F_ACC_SWMR_READ; }
static inline unsigned chdf5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_read_write_swmr(void) { return H5F_ACC_RDWR | H5F_ACC_SWMR_WRITE; }
static inline unsigned chdf5_create_exclusive(void) { return H5F_ACC_EXCL; }
static inline unsigned chdf5_create_replacing(void) { return H5F_ACC_TRUNC; }

static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }

static inline hid_t chdf5_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t chdf5_int32(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_int64(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_uint64(void) { return H5T_STD_U64LE; }
static inline hid_t chdf5_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_float64(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

/// The type of the link `name` in `location` (H5L_TYPE_HARD, ...), or H5L_TYPE_ERROR.
static inline H5L_type_t chdf5_link_type(hid_t location, const char *name) {
    H5L_info_t info;
    return H5Lget_info(location, name, &info, H5P_DEFAULT) < 0 ? H5L_TYPE_ERROR : info.type;
}

/// The type of the object behind `name` in `location` (H5O_TYPE_GROUP, ...), or a negative value. Opens nothing.
static inline int chdf5_object_type(hid_t location, const char *name) {
    H5O_info_t info;
    return H5Oget_info_by_name2(location, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
}

/// The number of links in a group, or a negative value.
static inline long long chdf5_link_count(hid_t group) {
    H5G_info_t info;
    return H5Gget_info(group, &info) < 0 ? -1 : (long long)info.nlinks;
}
