using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class ImageTests(ModuleFixture module)
{
    [Fact]
    public void An_image_is_found_by_name_pattern_id_digest_and_object()
    {
        var image = module.Run("Get-Image $args[0]", ModuleFixture.Image).Succeeded().Single;
        string id = image.Id;

        foreach (var key in new[] { "test/busybox:1", "TEST/*", id, id[7..19], id[7..11], (string)image.Digest.ToString(), "docker.io/test/busybox:1" })
            Assert.Equal(id, (string)module.Run("Get-Image $args[0]", key).Succeeded().Single.Id);
        Assert.Equal(id, (string)module.Run("Get-Image test/busybox:1 | Get-Image").Succeeded().Single.Id);
        Assert.Empty(module.Run("Get-Image nothing*").Succeeded().Output);
        Assert.IsType<DateTimeOffset>(((PSObject)image).Properties["Created"].Value ?? DateTimeOffset.MinValue);
        Assert.IsType<long>(((PSObject)image).Properties["Size"].Value);
    }

    [Fact]
    public void An_image_goes_round_through_names_and_archives()
    {
        var file = Path.Combine(module.Store.Scratch, "exported.tar");
        module.Run("Get-Image $args[0] | Add-ImageTag -Tag test/a:1, test/b:1", ModuleFixture.Image).Succeeded();
        foreach (var format in new[] { "Oci", "Docker" })
        {
            Assert.Equal(file, module.Run("Get-Image test/a:1, test/b:1 | Export-Image -Path $args[0] -Format $args[1]", file, format).Succeeded().Single.FullName);
            module.Run("Remove-Image test/a:1, test/b:1").Succeeded();
            Assert.Equal(["test/a:1", "test/b:1"], module.Run("Import-Image $args[0]", file).Succeeded().Lines.Order(StringComparer.Ordinal));
        }
        var source = "docker-archive:" + file + ":test/a:1";
        Assert.Contains("\"Layers\"", Tools.Skopeo("inspect", source).Succeeded().Output, StringComparison.Ordinal);

        module.Run("Remove-Image test/a:1, test/b:1 -WhatIf").Succeeded();
        Assert.Equal(2, module.Run("Get-Image test/[ab]:1").Succeeded().Output.Count);
        Assert.False((bool)module.Run("Remove-Image test/a:1 -PassThru").Succeeded().Single.ImageRemoved);
        module.Run("Remove-Image test/b:1").Succeeded();
        module.Run("Get-Image test/b:1").FailedWith("ImageNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_pull_shows_a_bar_for_each_layer_and_gives_the_image()
    {
        using var registry = new TestRegistry();
        var name = BusyboxImage.Push(registry, "team/busybox:pulled");
        Assert.Empty(module.Run("Save-Image $args[0] -WhatIf", name).Succeeded().Output);

        var result = module.Run("Save-Image $args[0]", name).Succeeded();

        Assert.Equal(name, result.Lines[0]);
        Assert.Contains(result.Progress, p => p.ParentActivityId == 0 && p.PercentComplete == 100);
        Assert.Contains(result.Progress, p => p.ActivityId == 0 && p.RecordType == ProgressRecordType.Completed);
        module.Run("Get-Image $args[0] | Remove-Image", name).Succeeded();
        string digest = result.Single.Digest.ToString();
        Assert.Equal(digest, (string)module.Run("Save-Image $args[0]", $"{registry.Host}/team/busybox@{digest}").Succeeded().Single.Digest.ToString());
        module.Run("Get-Image $args[0] | Remove-Image", digest).Succeeded();

        module.Run("Save-Image $args[0]", $"{registry.Host}/team/busybox:nothing").FailedWith("RegistryImageNotFound", ErrorCategory.ObjectNotFound);
        var other = module.Run("Save-Image $args[0], $args[1]", $"{registry.Host}/team/nothing:1", name);
        Assert.Single(other.Errors);
        Assert.Equal(name, other.Lines[0]);
        module.Run("Remove-Image $args[0]", name).Succeeded();
    }

    [Theory]
    [InlineData("Get-Image no/such:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-Image no/such:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Add-ImageTag no/such:1 x:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Save-Image 'UPPER CASE'", "InvalidImageReference", ErrorCategory.InvalidArgument)]
    [InlineData("Save-Image debian -Platform nonsense/x/y/z", "InvalidPlatform", ErrorCategory.InvalidArgument)]
    [InlineData("Save-Image localhost:1/x:1", "RegistryUnavailable", ErrorCategory.ResourceUnavailable)]
    [InlineData("Import-Image /no/such/archive.tar", "ArchiveNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Import-Image /usr", "ArchiveIsDirectory", ErrorCategory.InvalidArgument)]
    [InlineData("Export-Image no/such:1 /tmp/never.tar", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-Image ([uri] 'http://x')", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    public void What_goes_wrong_has_an_id_of_its_own(string script, string errorId, ErrorCategory category)
    {
        module.Run(script).FailedWith(errorId, category);
    }
}
