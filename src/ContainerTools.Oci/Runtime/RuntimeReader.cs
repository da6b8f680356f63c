using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

/// <summary>
/// Reads the documents of the runtime-spec token by token. The serializer would do the same, but setting it up costs a native program that starts
/// anew for every container 2 ms of page faults, twenty times what reading takes. Unknown members are skipped, null is as good as absent.
/// </summary>
internal static partial class RuntimeReader
{
    internal static RuntimeSpec? RuntimeSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new RuntimeSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("ociVersion"u8))
                value.OciVersion = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("root"u8))
                value.Root = RootSpec(ref json);
            else if (json.ValueTextEquals("mounts"u8))
                value.Mounts = JsonValues.List(ref json, MountSpec);
            else if (json.ValueTextEquals("process"u8))
                value.Process = ProcessSpec(ref json);
            else if (json.ValueTextEquals("hostname"u8))
                value.Hostname = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("domainname"u8))
                value.Domainname = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("hooks"u8))
                value.Hooks = HooksSpec(ref json);
            else if (json.ValueTextEquals("annotations"u8))
                value.Annotations = JsonValues.Map(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("linux"u8))
                value.Linux = LinuxSpec(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static RootSpec? RootSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new RootSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("path"u8))
                value.Path = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("readonly"u8))
                value.Readonly = JsonValues.Flag(ref json).GetValueOrDefault();
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static MountSpec? MountSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new MountSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("destination"u8))
                value.Destination = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("type"u8))
                value.Type = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("source"u8))
                value.Source = JsonValues.Text(ref json);
            else if (json.ValueTextEquals("options"u8))
                value.Options = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("uidMappings"u8))
                value.UidMappings = JsonValues.List(ref json, LinuxIdMapping);
            else if (json.ValueTextEquals("gidMappings"u8))
                value.GidMappings = JsonValues.List(ref json, LinuxIdMapping);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static HooksSpec? HooksSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new HooksSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("prestart"u8))
                value.Prestart = JsonValues.List(ref json, HookSpec);
            else if (json.ValueTextEquals("createRuntime"u8))
                value.CreateRuntime = JsonValues.List(ref json, HookSpec);
            else if (json.ValueTextEquals("createContainer"u8))
                value.CreateContainer = JsonValues.List(ref json, HookSpec);
            else if (json.ValueTextEquals("startContainer"u8))
                value.StartContainer = JsonValues.List(ref json, HookSpec);
            else if (json.ValueTextEquals("poststart"u8))
                value.Poststart = JsonValues.List(ref json, HookSpec);
            else if (json.ValueTextEquals("poststop"u8))
                value.Poststop = JsonValues.List(ref json, HookSpec);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static HookSpec? HookSpec(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new HookSpec();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("path"u8))
                value.Path = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("args"u8))
                value.Args = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("env"u8))
                value.Env = JsonValues.List(ref json, JsonValues.Text);
            else if (json.ValueTextEquals("timeout"u8))
                value.Timeout = JsonValues.Int(ref json);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }

    internal static RuntimeState? RuntimeState(ref Utf8JsonReader json)
    {
        if (!JsonValues.Start(ref json))
            return null;
        var value = new RuntimeState();
        while (JsonValues.Next(ref json))
        {
            if (json.ValueTextEquals("ociVersion"u8))
                value.OciVersion = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("id"u8))
                value.Id = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("status"u8))
                value.Status = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("pid"u8))
                value.Pid = JsonValues.Int(ref json);
            else if (json.ValueTextEquals("bundle"u8))
                value.Bundle = JsonValues.Text(ref json) ?? "";
            else if (json.ValueTextEquals("annotations"u8))
                value.Annotations = JsonValues.Map(ref json, JsonValues.Text);
            else
                JsonValues.Skip(ref json);
        }
        return value;
    }
}
