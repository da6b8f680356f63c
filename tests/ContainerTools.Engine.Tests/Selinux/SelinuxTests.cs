using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Selinux;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Volumes;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Selinux;

/// <summary>Root may set the attribute that holds a label on a kernel without SELinux too; that a policy then allows and refuses as it should is not shown here.</summary>
public sealed class SelinuxTests
{
    private const string Private = "system_u:object_r:container_file_t:s0:c1,c2";

    [Fact]
    public void A_whole_tree_is_labelled_and_no_link_is_followed()
    {
        using var directory = new TemporaryDirectory("selinux");
        Directory.CreateDirectory(directory["tree/deep/er"]);
        File.WriteAllText(directory["tree/deep/er/file"], "");
        File.WriteAllText(directory["outside"], "");
        File.CreateSymbolicLink(directory["tree/link"], directory["outside"]);
        File.CreateSymbolicLink(directory["way"], directory["tree"]);
        FileLabels.Set(directory["way"], Private);
        foreach (var name in new[] { "tree", "tree/deep", "tree/deep/er", "tree/deep/er/file", "tree/link" })
            Assert.Equal(Private, Label(directory[name]));
        Assert.Null(Label(directory["outside"]));
        Assert.Null(Label(directory["way"]));
        FileLabels.Set(directory["tree/deep/er/file"], SelinuxLabels.Shared(Private));
        Assert.Equal("system_u:object_r:container_file_t:s0", Label(directory["tree/deep/er/file"]));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/usr")]
    [InlineData("/home")]
    [InlineData("/etc")]
    [InlineData("/proc/self")]
    public void What_the_host_needs_is_refused(string path)
    {
        Assert.Equal("RelabelRefused", Assert.Throws<ContainerToolsException>(() => FileLabels.Set(path, Private)).ErrorId);
        using var directory = new TemporaryDirectory("selinux");
        // Whatever it is called.
        File.CreateSymbolicLink(directory["way"], path);
        Assert.Equal("RelabelRefused", Assert.Throws<ContainerToolsException>(() => FileLabels.Set(directory["way"], Private)).ErrorId);
    }

    [Fact]
    public void Every_container_has_categories_of_its_own()
    {
        var labels = SelinuxLabels.Choose("process = \"system_u:system_r:svirt_t:s0\"\nfile = \"system_u:object_r:svirt_file_t:s0:c9\"\n", []);
        Assert.Matches(@"^system_u:system_r:svirt_t:s0:c\d+,c\d+$", labels.Process);
        Assert.Matches(@"^system_u:object_r:svirt_file_t:s0:c\d+,c\d+$", labels.Files);
        Assert.Equal(labels.Process.Split(':')[^1], labels.Files.Split(':')[^1]);
        List<string?> taken = [null];
        for (int i = 0; i < 2000; i++)
            taken.Add(SelinuxLabels.Choose("", taken).Files);
        Assert.Equal(taken.Count, taken.Distinct(StringComparer.Ordinal).Count());
        Assert.StartsWith("system_u:object_r:container_file_t:s0:c", taken[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_are_in_the_document_and_the_mount_says_how_it_is_labelled()
    {
        var spec = SpecBuilder.Build(new ContainerConfiguration { Id = "a", Arguments = ["true"], ProcessLabel = "u:r:t:s0:c1,c2", MountLabel = Private }, new SpecInputs());
        Assert.Equal(("u:r:t:s0:c1,c2", Private), (spec.Process!.SelinuxLabel, spec.Linux!.MountLabel));
        Assert.Equal("shared", VolumeMount.Parse("/tmp:/data:ro,z").Relabel);
        Assert.Equal("private", VolumeMount.Parse("data:/data:Z").Relabel);
        Assert.Null(VolumeMount.Parse("data:/data").Relabel);
    }

    private static string? Label(string path)
    {
        var result = Command.Run("getfattr", "-h", "--only-values", "--absolute-names", "-n", "security.selinux", path);
        return result.ExitCode == 0 ? result.Output.TrimEnd('\0') : null;
    }
}
