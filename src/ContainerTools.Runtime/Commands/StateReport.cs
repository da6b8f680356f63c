using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ContainerTools.Linux.Files;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// Containers as <c>state</c> and <c>list --format json</c> print them: the specification's document, and the members that engines know from runc beside
/// it (<c>rootfs</c>, <c>created</c>, <c>owner</c>).
/// </summary>
internal static class StateReport
{
    public static string Write(IReadOnlyList<(StateDirectory Directory, ContainerStateFile State)> containers, bool asList)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = !asList }))
        {
            if (asList)
                json.WriteStartArray();
            foreach (var (directory, state) in containers)
                Write(json, directory, state);
            if (asList)
                json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>When a container was made, in the form of RFC 3339.</summary>
    public static string Created(ContainerStateFile state) => state.Created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    /// <summary>The name of a directory's owner, or his number.</summary>
    public static string Owner(StateDirectory directory)
    {
        if (FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory.DirectoryPath), out var status) < 0)
            return "";
        var number = status.UserId.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
            {
                if (line.Split(':') is [var name, _, var id, ..] && id == number)
                    return name;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No names here: the number says it too.
        }
        return number;
    }

    private static void Write(Utf8JsonWriter json, StateDirectory directory, ContainerStateFile state)
    {
        var status = directory.Status(state);
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, RuntimeJson.SpecVersion);
        json.WriteString("id"u8, directory.Id);
        json.WriteNumber("pid"u8, status == "stopped" ? 0 : state.Pid);
        json.WriteString("status"u8, status);
        json.WriteString("bundle"u8, state.Bundle);
        if (state.RootPath is { } root)
            json.WriteString("rootfs"u8, root);
        json.WriteString("created"u8, Created(state));
        if (state.Annotations is { } annotations)
        {
            json.WriteStartObject("annotations"u8);
            foreach (var (name, value) in annotations)
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        json.WriteString("owner"u8, Owner(directory));
        json.WriteEndObject();
    }
}
