using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

internal static partial class RuntimeReader
{
    internal static ProcessSpec? ProcessSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new ProcessSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("terminal"u8))
                value.Terminal = JsonValues.Flag(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("consoleSize"u8))
                value.ConsoleSize = ConsoleSize(ref json);
            else if (json.ValueTextEquals("user"u8))
                value.User = UserSpec(ref json) ?? new();
            else if (json.ValueTextEquals("args"u8))
                value.Args = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("env"u8))
                value.Env = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("cwd"u8))
                value.Cwd = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("capabilities"u8))
                value.Capabilities = CapabilitiesSpec(ref json);
            else if (json.ValueTextEquals("rlimits"u8))
                value.Rlimits = JsonValues.List(ref json, RlimitSpec);
            else if (json.ValueTextEquals("noNewPrivileges"u8))
                value.NoNewPrivileges = JsonValues.Flag(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("apparmorProfile"u8))
                value.ApparmorProfile = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("oomScoreAdj"u8))
                value.OomScoreAdj = JsonValues.Int(ref json);
            else if (json.ValueTextEquals("scheduler"u8))
                value.Scheduler = SchedulerSpec(ref json);
            else if (json.ValueTextEquals("selinuxLabel"u8))
                value.SelinuxLabel = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("ioPriority"u8))
                value.IoPriority = IoPrioritySpec(ref json);
            else if (json.ValueTextEquals("execCPUAffinity"u8))
                value.ExecCpuAffinity = CpuAffinitySpec(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static ConsoleSize? ConsoleSize(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new ConsoleSize();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("height"u8))
                value.Height = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("width"u8))
                value.Width = JsonValues.UInt(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static UserSpec? UserSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new UserSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("uid"u8))
                value.Uid = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("gid"u8))
                value.Gid = JsonValues.UInt(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("umask"u8))
                value.Umask = JsonValues.UInt(ref json);
            else if (json.ValueTextEquals("additionalGids"u8))
                value.AdditionalGids = JsonValues.UIntList(ref json);
            else if (json.ValueTextEquals("username"u8))
                value.Username = JsonValues.Text(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static CapabilitiesSpec? CapabilitiesSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new CapabilitiesSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("bounding"u8))
                value.Bounding = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("effective"u8))
                value.Effective = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("inheritable"u8))
                value.Inheritable = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("permitted"u8))
                value.Permitted = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("ambient"u8))
                value.Ambient = JsonValues.List(ref json, JsonValues.Text);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static RlimitSpec? RlimitSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new RlimitSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("type"u8))
                value.Type = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("hard"u8))
                value.Hard = JsonValues.ULong(ref json).GetValueOrDefault();
            else if (json.ValueTextEquals("soft"u8))
                value.Soft = JsonValues.ULong(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static SchedulerSpec? SchedulerSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new SchedulerSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("policy"u8))
                value.Policy = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("nice"u8))
                value.Nice = JsonValues.Int(ref json);
            else if (json.ValueTextEquals("priority"u8))
                value.Priority = JsonValues.Int(ref json);
            else if (json.ValueTextEquals("flags"u8))
                value.Flags = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("runtime"u8))
                value.Runtime = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("deadline"u8))
                value.Deadline = JsonValues.ULong(ref json);
            else if (json.ValueTextEquals("period"u8))
                value.Period = JsonValues.ULong(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static IoPrioritySpec? IoPrioritySpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new IoPrioritySpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("class"u8))
                value.Class = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("priority"u8))
                value.Priority = JsonValues.Int(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static CpuAffinitySpec? CpuAffinitySpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new CpuAffinitySpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("initial"u8))
                value.Initial = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("final"u8))
                value.Final = JsonValues.Text(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }
}
