using System.Text.Json.Nodes;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>The Containerfiles of tests/containerfiles, built by us and by buildah, come to the same trees and configurations, apart from times and layers' boundaries.</summary>
[Collection(ModuleCollection.Name)]
public sealed class ContainerfileTests(ModuleFixture module, ContainerfilesFixture files) : IClassFixture<ContainerfilesFixture>
{
    // What buildah makes to mount on is in its images, and none of a Containerfile.
    private static readonly string[] MountedOn = ["dev", "proc", "sys", "run", "etc/hosts", "etc/hostname", "etc/resolv.conf", "run/.containerenv"];

    public static TheoryData<string> Names => [.. Directory.EnumerateDirectories(Path.Combine(RepositoryPaths.Root, "tests/containerfiles")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_tree_and_the_configuration_are_as_by_buildah(string name)
    {
        string context = files.Scratch[name];
        Command.Run("bash", ["-euc", "cp -a \"$1\" \"$2\"; cd \"$2\"; [ ! -e prepare ] || bash -eu ./prepare", "bash", Path.Combine(RepositoryPaths.Root, "tests/containerfiles", name), context]).Succeeded();
        string theirFile = Path.Combine(context, "Containerfile.buildah");
        string tag = $"localhost/containerfiles/{name}:1";

        module.Run("$null = Build-Image $args[0] -Tag $args[1] -Network none -WarningAction SilentlyContinue", context, tag).Succeeded();
        files.Buildah.Build(context, File.Exists(theirFile) ? theirFile : Path.Combine(context, "Containerfile"), tag);

        string theirs = files.Buildah.Mount(tag);
        string ours = files.Scratch[name + ".tree"];
        Directory.CreateDirectory(ours);
        var layers = module.Run("$c = New-Container $args[0] -Name look; $c.LayerKeys; $c | Remove-Container", tag).Succeeded().Lines.Select(k => Path.Combine(module.Store.Root, "layers", k!, "fs")).Reverse().ToList();
        if (layers.Count > 1)
            Command.Run("mount", "-t", "overlay", "-o", $"ro,lowerdir={string.Join(':', layers)}", "overlay", ours).Succeeded();
        else
            Command.Run("mount", "--bind", layers[0], ours).Succeeded();
        var differences = TreeComparison.Differences(theirs, ours, files.Since).Where(d => IsOfTheImage(d[2..])).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(60)));
        Command.Run("umount", ours).Succeeded();

        string config = module.Run("$i = Get-Image $args[0]; [IO.File]::ReadAllText(\"$($args[1])/content/blobs/sha256/$($i.Id -replace 'sha256:')\")", tag, module.Store.Root).Succeeded().Lines[0]!;
        Assert.Equal(Plain(files.Buildah.Config(tag)), Plain(JsonNode.Parse(config)!.AsObject()));
    }

    private static bool IsOfTheImage(string line) => !MountedOn.Any(m =>
        line.EndsWith($"|'./{m}'", StringComparison.Ordinal) || line.StartsWith($"content ./{m} ", StringComparison.Ordinal) || (line.StartsWith("name ", StringComparison.Ordinal) && line[7..] == m));

    // Line by line, so that a difference can be seen.
    private static string Plain(JsonObject config)
    {
        var lines = new List<string>();
        foreach (string name in new[] { "architecture", "os", "author" })
            lines.Add($"{name}: {config[name]}");
        foreach (var (name, value) in config["config"]!.AsObject().OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            // What docker wrote of the machine that built is of no use, and nobody reads it.
            if (name is "Hostname" or "Domainname" or "Image" or "ArgsEscaped" or "AttachStdin" or "AttachStdout" or "AttachStderr" or "Tty" or "OpenStdin" or "StdinOnce" or "NetworkDisabled" or "MacAddress")
                continue;
            var plain = value?.DeepClone();
            if (plain is JsonObject { } table)
            {
                table.Remove("io.buildah.version");
                plain = new JsonObject(table.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
            }
            // Where a changed variable stands is the builder's own.
            if (name == "Env" && plain is JsonArray variables)
                plain = new JsonArray([.. variables.Select(v => v!.GetValue<string>()).Order(StringComparer.Ordinal).Select(v => JsonValue.Create(v))]);
            string text = plain?.ToJsonString() ?? "null";
            if (text is not ("null" or "\"\"" or "[]" or "{}") && !(name == "WorkingDir" && text == "\"/\""))
                lines.Add($"{name}: {text}");
        }
        return string.Join('\n', lines);
    }
}
