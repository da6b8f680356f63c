using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

internal static partial class RuntimeReader
{
    internal static LinuxSpec? LinuxSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("uidMappings"u8))
                value.UidMappings = JsonValues.List(ref json, LinuxIdMapping);
            else if (json.ValueTextEquals("gidMappings"u8))
                value.GidMappings = JsonValues.List(ref json, LinuxIdMapping);
            else if (json.ValueTextEquals("sysctl"u8))
                value.Sysctl = JsonValues.Map(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("resources"u8))
                value.Resources = LinuxResources(ref json);
            else if (json.ValueTextEquals("cgroupsPath"u8))
                value.CgroupsPath = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("namespaces"u8))
                value.Namespaces = JsonValues.List(ref json, LinuxNamespace);
            else if (json.ValueTextEquals("devices"u8))
                value.Devices = JsonValues.List(ref json, LinuxDevice);
            else if (json.ValueTextEquals("seccomp"u8))
                value.Seccomp = LinuxSeccomp(ref json);
            else if (json.ValueTextEquals("rootfsPropagation"u8))
                value.RootfsPropagation = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("maskedPaths"u8))
                value.MaskedPaths = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("readonlyPaths"u8))
                value.ReadonlyPaths = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("mountLabel"u8))
                value.MountLabel = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("intelRdt"u8))
                value.IntelRdt = LinuxIntelRdt(ref json);
            else if (json.ValueTextEquals("personality"u8))
                value.Personality = LinuxPersonality(ref json);
            else if (json.ValueTextEquals("timeOffsets"u8))
                value.TimeOffsets = JsonValues.Map(ref json, LinuxTimeOffset);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxNamespace? LinuxNamespace(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxNamespace();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("type"u8))
                value.Type = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("path"u8))
                value.Path = JsonValues.Text(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxIdMapping? LinuxIdMapping(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxIdMapping();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("containerID"u8))
                value.ContainerID = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("hostID"u8))
                value.HostID = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("size"u8))
                value.Size = JsonValues.UInt(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxDevice? LinuxDevice(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxDevice();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("type"u8))
                value.Type = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("path"u8))
                value.Path = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("major"u8))
                value.Major = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("minor"u8))
                value.Minor = JsonValues.Long(ref json);
            else if (json.ValueTextEquals("fileMode"u8))
                value.FileMode = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("uid"u8))
                value.Uid = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("gid"u8))
                value.Gid = JsonValues.UInt(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxTimeOffset? LinuxTimeOffset(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxTimeOffset();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("secs"u8))
                value.Secs = JsonValues.Long(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("nanosecs"u8))
                value.Nanosecs = JsonValues.UInt(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxIntelRdt? LinuxIntelRdt(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxIntelRdt();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("closID"u8))
                value.ClosID = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("l3CacheSchema"u8))
                value.L3CacheSchema = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("memBwSchema"u8))
                value.MemBwSchema = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("enableCMT"u8))
                value.EnableCMT = JsonValues.Flag(ref json);
            else if (json.ValueTextEquals("enableMBM"u8))
                value.EnableMBM = JsonValues.Flag(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxPersonality? LinuxPersonality(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxPersonality();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("domain"u8))
                value.Domain = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("flags"u8))
                value.Flags = JsonValues.List(ref json, JsonValues.Text);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxSeccomp? LinuxSeccomp(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxSeccomp();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("defaultAction"u8))
                value.DefaultAction = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("defaultErrnoRet"u8))
                value.DefaultErrnoRet = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("architectures"u8))
                value.Architectures = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("flags"u8))
                value.Flags = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("listenerPath"u8))
                value.ListenerPath = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("listenerMetadata"u8))
                value.ListenerMetadata = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("syscalls"u8))
                value.Syscalls = JsonValues.List(ref json, LinuxSyscallRule);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxSyscallRule? LinuxSyscallRule(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxSyscallRule();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("names"u8))
                value.Names = JsonValues.List(ref json, JsonValues.Text) ?? [];
            else if (json.ValueTextEquals("action"u8))
                value.Action = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("errnoRet"u8))
                value.ErrnoRet = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("args"u8))
                value.Args = JsonValues.List(ref json, LinuxSyscallArgument);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static LinuxSyscallArgument? LinuxSyscallArgument(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new LinuxSyscallArgument();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("index"u8))
                value.Index = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("value"u8))
                value.Value = JsonValues.ULong(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("valueTwo"u8))
                value.ValueTwo = JsonValues.ULong(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("op"u8))
                value.Op = JsonValues.Text(ref json) ?? "";
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }
}
